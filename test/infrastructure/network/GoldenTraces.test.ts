import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Inspectable, Layer, Logger, LogLevel, Metric } from "effect"
import { ApiClient } from "../../../src/infrastructure/network/api/ApiClient.ts"
import * as ApiPolicy from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as MemoryConnectivity from "../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import * as OriginStates from "../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as PipelineApiClient from "../../../src/infrastructure/network/api/PipelineApiClient.ts"
import * as VersionNotices from "../../../src/infrastructure/network/api/version/VersionNotices.ts"
import * as MemoryCache from "../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as ScriptedTransport from "../../../src/testing/ScriptedTransport.ts"
import * as Apis from "./Apis.ts"
import { EventClock } from "./EventClock.ts"
import * as ScriptedTokens from "./ScriptedTokens.ts"
import * as Spans from "./Spans.ts"

/** One call through the whole pipeline: its spans and its lines. */
const traced = (script: ScriptedTransport.Script, request = HttpClientRequest.get("/v2/profile")) => {
  const spans = Spans.make()
  const lines: Array<string> = []
  const logger = Logger.make(({ annotations, cause, logLevel, message }) => {
    const told = [...annotations].map(([key, value]) => ` ${key}=${String(value)}`).toSorted().join("")
    lines.push(`${logLevel.label} ${String(message)}${told}${Cause.isEmpty(cause) ? "" : Cause.pretty(cause)}`)
  })
  const policy = Layer.provideMerge(
    Layer.merge(OriginStates.layer, VersionNotices.layer),
    ApiPolicy.layer({
      endpoints: { "GET /v2/profile": { hedge: "1 second" } },
      hedge: { ...ApiPolicy.defaults.hedge, minimumSamples: 1, share: 1 }
    })
  )
  const layer = PipelineApiClient.layer.pipe(
    Layer.provide([
      ScriptedTransport.make(script).layer,
      MemoryConnectivity.layer,
      MemoryCache.layer,
      Apis.origin,
      policy,
      ScriptedTokens.make().layer
    ])
  )
  return Effect.gen(function*() {
    const { http } = yield* ApiClient
    const exit = yield* Effect.exit(http.execute(request))
    yield* Effect.sleep("1 hour")
    return { exit, lines, spans: spans.ended, trace: draw(spans.ended) }
  }).pipe(
    Effect.provide(layer),
    spans.run,
    Effect.withClock(new EventClock()),
    Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
    Logger.withMinimumLogLevel(LogLevel.Info)
  )
}

/** What is the same in every trace is left out. */
const constant = new Set(["server.address", "server.port", "url.scheme", "url.template", "http.request.method"])

/** The spans as a tree, in the order in which they began. */
const draw = (spans: ReadonlyArray<Spans.Ended>, parent?: string, indent = ""): ReadonlyArray<string> =>
  spans.filter((span) => span.parent === parent).toSorted((a, b) => a.spanId < b.spanId ? -1 : 1).flatMap((span) => {
    const told = [...span.attributes].filter(([key]) => !constant.has(key)).map(([key, value]) =>
      ` ${key}=${String(value)}`
    )
    const end = span.exit._tag === "Success"
      ? ""
      : Cause.isInterruptedOnly(span.exit.cause)
      ? " INTERRUPTED"
      : " ERROR"
    return [
      `${indent}${span.kind} ${span.name}${told.toSorted().join("")}${end}`,
      ...draw(spans, span.spanId, `${indent}  `)
    ]
  })

const put = HttpClientRequest.put("/v2/devices/d1", { body: HttpBody.text("{}") })
const putCall = "internal api v2 /devices/:deviceId"
const putAttempt = "  client PUT /v2/devices/:deviceId"
const getCall = "internal api v2 /profile"
const getAttempt = "  client GET /v2/profile"

/** The first `count` requests get `step`, the others 200. */
const first = (count: number, step: ScriptedTransport.Step): ScriptedTransport.Script => ({ number }) =>
  number <= count ? step : { status: 200 }

describe("the trace of a call", () => {
  it.live("that succeeds", () =>
    Effect.gen(function*() {
      const { lines, trace } = yield* traced(() => ({ latency: "20 millis" }), put)
      assert.deepStrictEqual(trace, [
        `${putCall} http.response.status_code=200 strata.http.sends=1`,
        `${putAttempt} http.response.status_code=200`
      ])
      assert.deepStrictEqual(lines, [
        "INFO PUT /v2/devices/:deviceId: 200 strata.http.duration_ms=20 strata.http.sends=1"
      ])
    }))

  it.live("with two retries", () =>
    Effect.gen(function*() {
      const { trace } = yield* traced(first(2, { status: 503 }), put)
      assert.deepStrictEqual(trace, [
        `${putCall} http.response.status_code=200 strata.http.sends=3`,
        `${putAttempt} error.type=503 http.response.status_code=503 ERROR`,
        `${putAttempt} error.type=503 http.request.resend_count=1 http.response.status_code=503 ERROR`,
        `${putAttempt} http.request.resend_count=2 http.response.status_code=200`
      ])
    }))

  it.live("with new credentials after a 401", () =>
    Effect.gen(function*() {
      const { trace } = yield* traced(first(1, { status: 401 }), put)
      assert.deepStrictEqual(trace, [
        `${putCall} http.response.status_code=200 strata.http.sends=2`,
        `${putAttempt} error.type=401 http.response.status_code=401 ERROR`,
        `${putAttempt} http.request.resend_count=1 http.response.status_code=200`
      ])
    }))

  it.live("with a redirect to another host", () =>
    Effect.gen(function*() {
      const headers = { location: "http://other.test/secret-id" }
      const { spans, trace } = yield* traced(first(1, { status: 303, headers }), put)
      assert.deepStrictEqual(trace, [
        `${putCall} http.response.status_code=200 strata.http.sends=2`,
        `${putAttempt} http.response.status_code=303`,
        "  client GET http.request.resend_count=1 http.response.status_code=200"
      ])
      assert.deepStrictEqual(
        spans.filter(({ kind }) => kind === "client").map(({ attributes }) => attributes.get("server.address")),
        ["api.test", "other.test"]
      )
    }))

  it.live("with a hedge", () =>
    Effect.gen(function*() {
      const { trace } = yield* traced(({ number }) => ({ latency: number === 1 ? "8 seconds" : "30 millis" }))
      assert.deepStrictEqual(trace, [
        `${getCall} http.response.status_code=200 strata.http.sends=2`,
        `${getAttempt} INTERRUPTED`,
        `${getAttempt} http.request.resend_count=1 http.response.status_code=200`
      ])
    }))

  it.live("that takes too long", () =>
    Effect.gen(function*() {
      const { exit, lines, trace } = yield* traced(() => ({ never: "head" }), HttpClientRequest.post("/v2/messages"))
      assert.strictEqual(exit._tag, "Failure")
      assert.deepStrictEqual(trace, [
        `internal api v2 /messages error.type=DeadlineExceeded strata.http.sends=1 ERROR`,
        `  client POST /v2/messages error.type=DeadlineExceeded ERROR`
      ])
      assert.lengthOf(lines, 1)
      assert.match(lines[0] ?? "", /^WARN POST \/v2\/messages: DeadlineExceeded /)
    }))

  it.live("and its history when it fails", () =>
    Effect.gen(function*() {
      const { lines, trace } = yield* traced(() => ({ status: 503, latency: "5 millis" }), put)
      assert.lengthOf(trace, 5)
      assert.match(trace[0] ?? "", / error\.type=503 http\.response\.status_code=503 strata\.http\.sends=4 ERROR$/)
      assert.match(lines[0] ?? "", /^WARN PUT .*: 503 strata\.http\.attempts=503 after 5 ms; retry: 503 after 5 ms; /)
    }))
})

describe("telemetry", () => {
  it.live("holds nothing of what requests and answers hold", () =>
    Effect.gen(function*() {
      const canary = "canary7f3a"
      const request = HttpClientRequest.post(`/v2/${canary}?token=${canary}`, {
        urlParams: { sig: canary },
        hash: canary,
        headers: { cookie: `session=${canary}`, "x-api-key": canary, "idempotency-key": canary },
        body: HttpBody.text(canary, `text/${canary}`)
      })
      const problem = { type: "about:blank", title: canary, detail: canary, instance: canary, [canary]: canary }
      const headers = {
        "set-cookie": `session=${canary}`,
        "content-type": "application/problem+json",
        "www-authenticate": `Bearer realm="${canary}"`,
        "x-request-id": canary,
        location: `http://user:${canary}@other.test/${canary}?access_token=${canary}`
      }
      const steps: ReadonlyArray<ScriptedTransport.Step> = [
        { status: 401 },
        { status: 429 },
        { status: 307 },
        { status: 503 },
        { status: 422 },
        { reset: true },
        { never: "head" },
        { status: 200, cut: 3 },
        { status: 200 }
      ]
      const told: Array<string> = []
      for (const step of steps) {
        const { lines, spans } = yield* Logger.withMinimumLogLevel(
          traced(
            ({ number }) => number === 1 ? { headers, body: JSON.stringify(problem), ...step } : { headers },
            request
          ),
          LogLevel.All
        )
        assert.isAbove(spans.length, 1)
        told.push(
          ...lines,
          ...spans.flatMap(({ attributes, events, exit, name }) => [
            name,
            JSON.stringify([...attributes]),
            JSON.stringify(events),
            Inspectable.toStringUnknown(exit),
            exit._tag === "Failure" ? Cause.pretty(exit.cause) : ""
          ])
        )
      }
      const labels = Metric.unsafeSnapshot().flatMap(({ metricKey }) => metricKey.tags.map(({ value }) => value))
      assert.isAbove(labels.length, 0)
      assert.isAbove(told.length, 50)
      assert.notInclude([...told, ...labels].join("\n"), canary)
      assert.notInclude(told.join("\n"), "token-1")
    }))
})
