import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Tracer } from "effect"
import { requestMaxBytes } from "../../src/infrastructure/network/api/contract/StrataApi.ts"
import { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import { ada, assertProblem, call, layer, signIn } from "./TestBackend.ts"

/** Spans that ended, by the library's own tracer interface. */
const recorder = () => {
  const spans: Array<
    { name: string; kind: string; traceId: string; failed: boolean; attributes: Map<string, unknown> }
  > = []
  const tracer = Tracer.make({
    context: (run) => run(),
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const traceId = parent._tag === "Some" ? parent.value.traceId : "0"
      let status: Tracer.SpanStatus = { _tag: "Started", startTime }
      const span: Tracer.Span = {
        _tag: "Span",
        name,
        spanId: `${spans.length}`,
        traceId,
        parent,
        context,
        links,
        sampled: true,
        kind,
        attributes,
        get status() {
          return status
        },
        attribute: (key, value) => void attributes.set(key, value),
        event: () => {},
        addLinks: () => {},
        end: (endTime, exit) => {
          status = { _tag: "Ended", startTime, endTime, exit }
          spans.push({ name, kind, traceId, failed: Exit.isFailure(exit), attributes })
        }
      }
      return span
    }
  })
  return { spans, layer: Layer.setTracer(tracer) }
}

const silent = Logger.remove(Logger.defaultLogger)

describe("the HTTP interface", () => {
  it.effect("an unknown path and an unknown method are 404 problems", () =>
    Effect.gen(function*() {
      assertProblem(yield* call("GET", "/v2/nothing"), 404)
      assertProblem(yield* call("PATCH", "/v2/profile"), 404)
      assertProblem(yield* call("POST", "/faults", { body: { _tag: "Cut" } }), 404)
    }).pipe(Effect.provide(layer)))

  it.effect("a body that is no JSON is a 400 problem without its content", () =>
    Effect.gen(function*() {
      const reply = yield* call("POST", "/v2/sessions", { body: `{"password": "secret"` })
      assertProblem(reply, 400)
      assert.notInclude(reply.text, "secret")
    }).pipe(Effect.provide(layer)))

  it.effect("missing fields are a 422 problem that names them", () =>
    Effect.gen(function*() {
      const reply = yield* call("POST", "/v2/sessions", { body: { password: "secret" } })
      assertProblem(reply, 422)
      assert.deepStrictEqual(reply.body["errors"] as unknown, ["username: Missing"])
      assert.notInclude(reply.text, "secret")
    }).pipe(Effect.provide(layer)))

  it.effect("a body over the limit is a 413 problem", () =>
    Effect.gen(function*() {
      assertProblem(
        yield* call("POST", "/v2/sessions", { body: {}, headers: { "content-length": `${requestMaxBytes + 1}` } }),
        413
      )
    }).pipe(Effect.provide(layer)))

  it.effect("a database that cannot be written is a 503 problem", () =>
    Effect.gen(function*() {
      const { sql } = yield* LocalDatabase
      yield* sql`PRAGMA query_only = ON`
      assertProblem(yield* call("POST", "/v2/sessions", { body: ada }), 503)
    }).pipe(Effect.provide(Layer.merge(layer, silent))))

  it.effect("a bug is a 500 problem, and neither the answer nor the log tells its message", () => {
    const lines: Array<string> = []
    const log = Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(String(message))))
    return Effect.gen(function*() {
      const { sql } = yield* LocalDatabase
      yield* sql`DROP TABLE sessions`
      const reply = yield* call("GET", "/v2/profile", { token: "any" })
      assertProblem(reply, 500)
      assert.notInclude(reply.text, "sessions")
      assert.match(lines.join("\n"), /^The backend failed: \w*Error\n {4}at /)
      assert.notInclude(lines.join("\n"), "no such table")
    }).pipe(Effect.provide(Layer.merge(layer, log)))
  })

  it.effect("answers are not to be stored unless they say so", () =>
    Effect.gen(function*() {
      const { headers } = yield* call("POST", "/v2/sessions", { body: ada })
      assert.strictEqual(headers.get("cache-control"), "no-store")
    }).pipe(Effect.provide(layer)))

  it.effect("the documentation is served for people and for tools", () =>
    Effect.gen(function*() {
      const page = yield* call("GET", "/docs")
      assert.strictEqual(page.status, 200)
      assert.include(page.headers.get("content-type"), "text/html")
      assert.isString(page.headers.get("content-security-policy"))
      const { body } = yield* call("GET", "/docs/openapi.json")
      assert.match(String(body["openapi"]), /^3\./)
      assert.containsAllKeys(body["paths"], ["/v2/sessions", "/v1/profile", "/v2/notes/mutations", "/v1/batch"])
    }).pipe(Effect.provide(layer)))

  it.effect("every request is one server span with its route, and no value of the request is in it", () => {
    const { layer: tracing, spans } = recorder()
    return Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      yield* call("GET", "/v2/devices/secret-device/messages?token=secret-query", {
        token: accessToken,
        headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }
      })
      yield* call("GET", "/secret-path")
      const servers = spans.filter(({ kind }) => kind === "server")
      assert.deepStrictEqual(servers.map(({ name }) => name), [
        "POST /v2/sessions",
        "GET /v2/devices/:deviceId/messages",
        "GET *"
      ])
      assert.deepStrictEqual(servers.map(({ attributes }) => attributes.get("http.response.status_code")), [
        201,
        404,
        404
      ])
      assert.strictEqual(servers[1]?.traceId, "0af7651916cd43dd8448eb211c80319c")
      const told = spans.map(({ attributes, name }) => [name, ...attributes.values()].join(" ")).join("\n")
      for (const secret of ["secret", accessToken, ada.password, ada.username]) assert.notInclude(told, secret)
    }).pipe(Effect.provide(Layer.merge(layer, tracing)))
  })
})
