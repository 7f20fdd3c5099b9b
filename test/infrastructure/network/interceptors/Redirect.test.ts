import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream, TestClock } from "effect"
import { OriginStates } from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import type { Attempt } from "../../../../src/infrastructure/network/interceptors/Attempt.ts"
import * as Auth from "../../../../src/infrastructure/network/interceptors/Auth.ts"
import type { AttemptInterceptor } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as RateLimit from "../../../../src/infrastructure/network/interceptors/RateLimit.ts"
import * as Redirect from "../../../../src/infrastructure/network/interceptors/Redirect.ts"
import * as RemoteFailures from "../../../../src/infrastructure/network/interceptors/RemoteFailures.ts"
import type * as ScriptedTransport from "../../../../src/testing/ScriptedTransport.ts"
import * as Fused from "../Fused.ts"
import * as AuthCases from "./AuthCases.ts"
import * as Loop from "./Loop.ts"

const over = (script: ScriptedTransport.Script) =>
  Effect.map(OriginStates, (origins) => {
    const attempts: Array<Attempt> = []
    const seen: AttemptInterceptor = {
      stage: "attemptDeadline",
      around: (next) => (request, attempt) => {
        attempts.push(attempt)
        return next(request, attempt)
      }
    }
    return { attempts, ...Fused.make([Redirect.make(origins), seen], script) }
  })

/** The path is the place of the answer; the last place answers 200. */
const along = (...steps: ReadonlyArray<readonly [status: number, location: string]>): ScriptedTransport.Script => {
  let next = 0
  return () => {
    const step = steps[next++]
    return step === undefined ? { status: 200 } : { status: step[0], headers: { location: step[1] } }
  }
}

const lines = (exchanges: ReadonlyArray<ScriptedTransport.Exchange>) =>
  exchanges.map(({ body, request }) =>
    `${request.method} ${HttpClientRequest.toUrl(request).pipe((url) => url._tag === "Some" ? url.value.href : "")}${
      body.length === 0 ? "" : ` ${new TextDecoder().decode(body)}`
    }`
  )

const withBody = (method: "POST" | "PUT" | "PATCH") =>
  HttpClientRequest.make(method)(`${Fused.origin}/a`, { headers: { "idempotency-key": "k" } }).pipe(
    HttpClientRequest.bodyText("body", "text/x")
  )

describe("Redirect", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it.effect(`follows a ${status} of a GET, relative to where it came from, as an attempt of its own`, () =>
      Effect.gen(function*() {
        const { attempts, exchanges, fused } = yield* over(along([status, "../b?c=d#e"]))
        const request = HttpClientRequest.get(`${Fused.origin}/x/y/a?q=1`)
        const call = yield* Fused.callOf(request)
        assert.strictEqual((yield* fused(request, call)).status, 200)
        assert.deepStrictEqual(lines(exchanges), [
          `GET ${Fused.origin}/x/y/a?q=1`,
          `GET ${Fused.origin}/x/b?c=d`
        ])
        assert.deepStrictEqual(attempts.map(({ reason }) => reason), [undefined, "redirect"])
        assert.deepStrictEqual(attempts.map(({ origin }) => origin.url), [Fused.origin, Fused.origin])
        assert.deepInclude(call.attempts[0], { cause: String(status), status, delayBefore: 0 })
      }).pipe(Effect.provide(Fused.origins)))
  }

  it.effect("keeps method and body after a 307 and a 308, and asks with GET after a 303", () =>
    Effect.gen(function*() {
      for (const method of ["POST", "PUT", "PATCH"] as const) {
        for (const status of [307, 308]) {
          const { exchanges, send } = yield* over(along([status, "/b"]))
          assert.strictEqual((yield* send(withBody(method))).status, 200)
          assert.deepStrictEqual(lines(exchanges), [
            `${method} ${Fused.origin}/a body`,
            `${method} ${Fused.origin}/b body`
          ])
          assert.strictEqual(exchanges[1]?.request.headers["idempotency-key"], "k")
        }
        const { exchanges, send } = yield* over(along([303, "/b"]))
        assert.strictEqual((yield* send(withBody(method))).status, 200)
        assert.deepStrictEqual(lines(exchanges), [`${method} ${Fused.origin}/a body`, `GET ${Fused.origin}/b`])
        assert.deepStrictEqual(Object.keys(exchanges[1]?.request.headers ?? {}), [])
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("leaves a 301 and a 302 of a method that may change something as they are", () =>
    Effect.gen(function*() {
      for (const method of ["POST", "PUT", "PATCH"] as const) {
        for (const status of [301, 302]) {
          const { exchanges, send } = yield* over(along([status, "/b"]))
          assert.strictEqual((yield* send(withBody(method))).status, status)
          assert.lengthOf(exchanges, 1)
        }
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("does not send a body again that can be read once", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* over(along([307, "/b"]))
      const once = HttpClientRequest.post(`${Fused.origin}/a`).pipe(
        HttpClientRequest.bodyStream(Stream.make(new Uint8Array([1])))
      )
      assert.deepInclude(yield* Effect.flip(send(once)), { _tag: "BodyNotReplayable", outcome: "rejected" })
      assert.lengthOf(exchanges, 1)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("takes nothing confidential to another origin, not even back again", () =>
    Effect.gen(function*() {
      const there = ["https://api.test:8080/b", "http://api.test:8081/b", "http://other.test:8080/b"]
      for (const location of there) {
        const { attempts, exchanges, send } = yield* over(along([307, location], [307, "https://api.test/c"]))
        const headers = {
          authorization: "Bearer secret",
          cookie: "a=b",
          "proxy-authorization": "Basic secret",
          "idempotency-key": "k",
          "x-api-key": "secret",
          dpop: "secret",
          accept: "text/x"
        }
        yield* send(HttpClientRequest.post(`${Fused.origin}/a`, { headers }))
        assert.deepStrictEqual(
          Object.keys(exchanges[0]?.request.headers ?? {}).toSorted(),
          Object.keys(headers).toSorted()
        )
        for (const { request } of exchanges.slice(1)) {
          assert.deepStrictEqual({ ...request.headers }, { accept: "text/x" })
        }
        assert.lengthOf(exchanges, 3)
        assert.deepStrictEqual(
          attempts.map(({ origin }) => origin.url),
          [Fused.origin, new URL(location).origin, "https://api.test"]
        )
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("takes no body to another origin", () =>
    Effect.gen(function*() {
      for (const method of ["POST", "PUT", "PATCH"] as const) {
        for (const status of [307, 308]) {
          const { exchanges, send } = yield* over(along([status, "https://other.test/b"]))
          assert.strictEqual((yield* send(withBody(method))).status, status)
          assert.lengthOf(exchanges, 1)
        }
        const { exchanges, send } = yield* over(along([303, "https://other.test/b"]))
        assert.strictEqual((yield* send(withBody(method))).status, 200)
        assert.deepStrictEqual(lines(exchanges), [`${method} ${Fused.origin}/a body`, "GET https://other.test/b"])
      }
    }).pipe(Effect.provide(Fused.origins)))

  for (
    const [end, answer, history] of [
      ["is refused", { refuse: true }, ["303", "TransportFailure"]],
      ["is answered 302", { status: 302 }, ["303"]],
      ...[401, 404, 421, 429, 503].map((status) =>
        [`is answered ${status}`, { status }, ["303", String(status)]] as const
      )
    ] as const
  ) {
    it.scoped(`sends nothing again that was done when what a 303 points to ${end}`, () =>
      Effect.gen(function*() {
        for (const [method, told] of [["POST", "OutcomeUnknown"], ["PUT", "Unavailable"]] as const) {
          const { state, tokens } = AuthCases.make({})
          const auth = yield* Auth.make(tokens, { origin: Loop.url, limit: "10 seconds" })
          const redirect = Redirect.make(yield* OriginStates)
          const { call, calls, exchanges } = Loop.scripted(
            ({ request }) => request.method === method ? { status: 303, headers: { location: "/done" } } : answer,
            {},
            [auth, redirect]
          )
          const request = HttpClientRequest.make(method)(`${Loop.url}/a`)
          const fiber = yield* Effect.fork(Effect.exit(call(request)))
          yield* TestClock.adjust("30 seconds")
          const ended = yield* Fiber.join(fiber)
          assert.deepStrictEqual(exchanges.map((exchange) => exchange.request.method), [method, "GET"])
          assert.deepStrictEqual(state.rejected, [])
          assert.deepStrictEqual(calls.flatMap(({ attempts }) => attempts.map(({ cause }) => cause)), [...history])
          assert.deepStrictEqual(calls.map(({ outcome }) => outcome), ["unknown"])
          for (const made of calls) {
            assert.strictEqual((yield* Effect.flip(RemoteFailures.around(() => ended)(request, made)))._tag, told)
          }
        }
      }).pipe(Effect.provide(Fused.origins)))
  }

  it.effect("takes what the backend says after a 303 as what it says of itself", () =>
    Effect.gen(function*() {
      const origins = yield* OriginStates
      const { exchanges, send } = Fused.make(
        [RateLimit.make("signed"), Redirect.make(origins)],
        ({ request }) =>
          request.method === "POST"
            ? { status: 303, headers: { location: "/done" } }
            : { status: 429, headers: { "retry-after": "50" } }
      )
      assert.strictEqual((yield* send(HttpClientRequest.post(`${Fused.origin}/a`))).status, 429)
      assert.deepInclude(yield* Effect.flip(send(Fused.get, { total: 30_000 })), { _tag: "Throttled", by: "rate" })
      assert.lengthOf(exchanges, 2)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("asks nothing of what a 303 points to that was asked of the write", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* over(along([303, "/b"]))
      const conditions = { "if-match": "\"1\"", "if-none-match": "*", "if-unmodified-since": "a", accept: "text/x" }
      yield* send(HttpClientRequest.put(`${Fused.origin}/a`, { headers: conditions }))
      assert.deepStrictEqual({ ...exchanges[1]?.request.headers }, { accept: "text/x" })
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("does not take a request that changes nothing for done after a 303", () =>
    Effect.gen(function*() {
      for (const [method, isDone] of [["GET", false], ["HEAD", false], ["OPTIONS", false], ["PUT", true]] as const) {
        const { fused } = yield* over(along([303, "/b"]))
        const request = HttpClientRequest.make(method)(`${Fused.origin}/a`)
        const call = yield* Fused.callOf(request)
        yield* fused(request, call)
        assert.strictEqual(call.isDone, isDone, method)
      }
    }).pipe(Effect.provide(Fused.origins)))

  for (const status of [307, 308]) {
    it.effect(`says that nothing was done when a ${status} is not followed`, () =>
      Effect.gen(function*() {
        const { fused } = yield* over(along([status, "https://other.test/b"]))
        const request = withBody("POST")
        const call = yield* Fused.callOf(request)
        assert.strictEqual((yield* Effect.flip(RemoteFailures.around(fused)(request, call)))._tag, "Unavailable")
      }).pipe(Effect.provide(Fused.origins)))
  }

  it.effect("asks for the very URL that it is pointed to", () =>
    Effect.gen(function*() {
      const target = "https://api.test/b?flag&q=a%20b&s=~*"
      const { exchanges, send } = yield* over(along([302, target]))
      yield* send()
      assert.strictEqual(lines(exchanges)[1], `GET ${target}`)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("follows five and hands the sixth on", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* over(({ number }) => ({ status: 302, headers: { location: `/${number}` } }))
      assert.strictEqual((yield* send()).status, 302)
      assert.lengthOf(exchanges, 6)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("hands on what leads in a circle, nowhere, to another scheme, or from https to http", () =>
    Effect.gen(function*() {
      const from = HttpClientRequest.get("https://api.test/a")
      for (
        const steps of [
          [[302, "/a"]],
          [[302, "/b"], [302, "/a"]],
          [[302, "http://api.test/b"]],
          [[302, "ftp://api.test/b"]],
          [[302, "file:///etc/passwd"]],
          [[302, "https://["]]
        ] as const
      ) {
        const { exchanges, send } = yield* over(along(...steps))
        assert.strictEqual((yield* send(from)).status, 302, JSON.stringify(steps))
        assert.lengthOf(exchanges, steps.length)
      }
      const nowhere = yield* over(() => ({ status: 302 }))
      assert.strictEqual((yield* nowhere.send(from)).status, 302)
      for (const status of [300, 304, 305, 306]) {
        const other = yield* over(() => ({ status, headers: { location: "/b" } }))
        assert.strictEqual((yield* other.send(from)).status, status)
        assert.lengthOf(other.exchanges, 1)
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("sends no credentials that a location names", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* over(along([302, "http://user:secret@api.test:8080/b"]))
      yield* send()
      assert.strictEqual(exchanges[1]?.request.url, `${Fused.origin}/b`)
    }).pipe(Effect.provide(Fused.origins)))
})
