import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Logger, LogLevel, Metric, MetricState } from "effect"
import * as Observe from "../../../../src/infrastructure/network/interceptors/Observe.ts"
import * as Wire from "../../../../src/infrastructure/network/interceptors/Wire.ts"
import type * as ScriptedTransport from "../../../../src/testing/ScriptedTransport.ts"
import * as Fused from "../Fused.ts"
import * as Spans from "../Spans.ts"

const attributes = (spans: ReturnType<typeof Spans.make>) =>
  spans.ended.map((span) => Object.fromEntries(span.attributes))

const recorded = (script: ScriptedTransport.Script, request?: HttpClientRequest.HttpClientRequest) => {
  const spans = Spans.make()
  const { exchanges, send } = Fused.make([Wire.make()], script)
  return Effect.map(spans.run(Effect.exit(send(request))), (exit) => ({ exchanges, exit, spans }))
}

const seriesOf = (name: string, host = "metrics.test") =>
  Effect.map(
    Metric.snapshot,
    (pairs) =>
      pairs.filter(({ metricKey }) => metricKey.name === name && metricKey.tags.some(({ value }) => value === host))
  )

const broken = () => () => {
  throw new Error("bug")
}

/** A call to an origin of its own, whose series no other test has. */
const to = (url: string) => {
  const request = HttpClientRequest.get(`${url}/`)
  return Effect.map(Fused.callOf(request), (call) => {
    const origin = Object.assign(Object.create(call.origin), { url })
    return { request, call: Object.defineProperty(call, "origin", { value: origin }) }
  })
}

describe("Wire", () => {
  it.effect("tells of an attempt what the conventions ask for, and carries the context of its own span", () =>
    Effect.gen(function*() {
      const { exchanges, spans } = yield* recorded(() => ({ status: 503 }))
      assert.deepStrictEqual(spans.ended.map(({ kind, name }) => `${kind} ${name}`), ["client GET /v2/profile"])
      assert.deepStrictEqual(attributes(spans), [{
        "http.request.method": "GET",
        "server.address": "api.test",
        "server.port": 8080,
        "url.scheme": "http",
        "url.template": "/v2/profile",
        "http.response.status_code": 503,
        "error.type": "503"
      }])
      assert.isTrue(Exit.isFailure(spans.ended[0]?.exit ?? Exit.void))
      assert.deepStrictEqual(
        exchanges.map(({ request }) => request.headers["traceparent"]),
        spans.ended.map(({ spanId, traceId }) => `00-${traceId}-${spanId}-01`)
      )
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("leaves paths outside the wire contract and unknown methods out of the name", () =>
    Effect.gen(function*() {
      const path = yield* recorded(() => ({}), HttpClientRequest.get(`${Fused.origin}/u/7b2f?token=x`))
      assert.deepStrictEqual(path.spans.ended.map(({ name }) => name), ["GET"])
      const method = yield* recorded(() => ({}), HttpClientRequest.make("PURGE" as "GET")(Fused.get.url))
      assert.deepStrictEqual(method.spans.ended.map(({ name }) => name), ["HTTP"])
      assert.deepInclude(attributes(method.spans)[0], {
        "http.request.method": "_OTHER",
        "http.request.method_original": "PURGE"
      })
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("ends the span of a lost attempt with a bounded word, and that of an interrupted one without an error", () =>
    Effect.gen(function*() {
      const lost = yield* recorded(() => ({ reset: true }))
      assert.deepStrictEqual(attributes(lost.spans).map((each) => each["error.type"]), ["reset"])
      const spans = Spans.make()
      const { send } = Fused.make([Wire.make()], () => ({ never: "head" }))
      const fiber = yield* Effect.fork(spans.run(send()))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      assert.isUndefined(attributes(spans)[0]?.["error.type"])
      assert.isTrue(Exit.isInterrupted(spans.ended[0]?.exit ?? Exit.void))
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("opens no span where tracing is off, and sends no context then", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const { exchanges, send } = Fused.make([Wire.make()], () => ({}))
      yield* spans.run(Effect.withTracerEnabled(send(), false))
      assert.lengthOf(spans.ended, 0)
      assert.isUndefined(exchanges[0]?.request.headers["traceparent"])
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("leaves no span open, and nothing counted, by a stage that throws", () =>
    Effect.gen(function*() {
      const { call, request } = yield* to("http://thrown.metrics.test")
      const stages = [
        [Wire.make(), { stage: "wire", around: broken }],
        [Observe.make(), { stage: "observe", around: broken }]
      ] as const
      for (const both of stages) {
        const spans = Spans.make()
        const exit = yield* spans.run(Effect.exit(Fused.make(both, () => ({})).fused(request, call)))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
        assert.deepStrictEqual(attributes(spans).map((each) => each["error.type"]), ["Defect"])
      }
      const [active] = yield* seriesOf("http.client.active_requests", "thrown.metrics.test")
      assert.isTrue(
        active !== undefined && MetricState.isCounterState(active.metricState) && active.metricState.count === 0
      )
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("says a line of each attempt to whoever listens at DEBUG", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      const { send } = Fused.make([Wire.make()], () => ({ status: 404 }))
      const logged = (level: LogLevel.LogLevel) =>
        send().pipe(Logger.withMinimumLogLevel(level), Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      yield* logged(LogLevel.Info)
      assert.deepStrictEqual(lines, [])
      yield* logged(LogLevel.Debug)
      assert.deepStrictEqual(lines, ["DEBUG attempt 1: GET /v2/profile 404 after 0"])
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("measures each attempt, and counts those that are on the wire", () =>
    Effect.gen(function*() {
      const { call, request } = yield* to("http://metrics.test:81")
      const { fused } = Fused.make([Wire.make()], ({ number }) => number === 1 ? { status: 500 } : { never: "head" })
      yield* fused(request, call)
      const waiting = yield* Effect.fork(fused(request, call))
      yield* Effect.yieldNow()
      const [active] = yield* seriesOf("http.client.active_requests")
      assert.isTrue(
        active !== undefined && MetricState.isCounterState(active.metricState) && active.metricState.count === 1
      )
      yield* Fiber.interrupt(waiting)
      const [after] = yield* seriesOf("http.client.active_requests")
      assert.isTrue(
        after !== undefined && MetricState.isCounterState(after.metricState) && after.metricState.count === 0
      )
      const durations = yield* seriesOf("http.client.request.duration")
      const labels = durations.map(({ metricKey }) =>
        Object.fromEntries(metricKey.tags.map(({ key, value }) => [key, value]))
      )
      assert.deepInclude(labels[0], { "http.response.status_code": "500", "error.type": "500", "server.port": "81" })
    }).pipe(Effect.provide(Fused.origins)))
})
