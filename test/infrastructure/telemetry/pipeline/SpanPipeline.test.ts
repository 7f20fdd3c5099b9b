import { assert, describe, it } from "@effect/vitest"
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base"
import { Effect, Layer, TestClock } from "effect"
import * as Logging from "../../../../src/infrastructure/telemetry/logging/Logging.ts"
import * as Reporter from "../../../../src/infrastructure/telemetry/pipeline/Reporter.ts"
import * as SpanPipeline from "../../../../src/infrastructure/telemetry/pipeline/SpanPipeline.ts"
import * as Lines from "../Lines.ts"

const silent: Reporter.Reporter = { failed: () => undefined, succeeded: () => undefined }

const span = (traceFlags = 1): ReadableSpan => ({
  name: "work",
  kind: 0,
  spanContext: () => ({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags }),
  startTime: [0, 0],
  endTime: [0, 0],
  duration: [0, 0],
  ended: true,
  status: { code: 1 },
  attributes: { "strata.password": "cAnArY", "db.query.text": "SELECT 1" },
  links: [],
  events: [],
  resource: { attributes: {}, merge: (other) => other ?? ({} as never), getRawAttributes: () => [] },
  instrumentationScope: { name: "test" },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0
})

const make = (exporter: Partial<SpanExporter>, batch?: { readonly size: number; readonly delayMillis: number }) =>
  SpanPipeline.make({
    name: "otlp",
    exporter: { export: () => undefined, shutdown: () => Promise.resolve(), ...exporter },
    reporter: silent,
    stackTraces: false,
    ...(batch === undefined ? {} : { batch })
  })

describe("SpanPipeline", () => {
  it("hands over masked spans, success as unset", () => {
    const seen: Array<ReadableSpan> = []
    const { counts, processor } = make({
      export: (spans, done) => {
        seen.push(...spans)
        done({ code: 0 })
      }
    })
    processor.onEnd(span())
    assert.deepStrictEqual(
      seen.map(({ attributes, status }) => [attributes, status.code]),
      [[{ "strata.password": "[REDACTED]" }, 0]]
    )
    assert.deepStrictEqual(counts(), { exporter: "otlp", ended: 1, exported: 1, dropped: 0, failed: 0, pending: 0 })
  })

  it("leaves out what is not sampled", () => {
    const { counts, processor } = make({})
    processor.onEnd(span(0))
    assert.strictEqual(counts().ended, 0)
  })

  it("drops and counts what the queue cannot hold, while an exporter hangs", () => {
    const { counts, processor } = make({}, { size: 512, delayMillis: 60_000 })
    for (let index = 0; index < 20_000; index++) processor.onEnd(span())
    const { dropped, ended, exported, failed, pending } = counts()
    assert.deepStrictEqual([ended, exported, failed], [20_000, 0, 0])
    assert.isAtMost(pending, 8_192 + 512)
    assert.strictEqual(dropped, ended - exported - failed - pending)
  })

  it("counts what an exporter refuses or throws, by a code and not a message", () => {
    const refusing = make({
      export: (_, done) => done({ code: 1, error: Object.assign(new Error("secret"), { code: "ECONNREFUSED" }) })
    })
    const throwing = make({
      export: () => {
        throw new TypeError("secret")
      }
    })
    for (const [{ counts, processor }, reason] of [[refusing, "ECONNREFUSED"], [throwing, "TypeError"]] as const) {
      processor.onEnd(span())
      assert.deepStrictEqual(counts(), {
        exporter: "otlp",
        ended: 1,
        exported: 0,
        dropped: 0,
        failed: 1,
        pending: 0,
        lastError: reason
      })
    }
  })

  it.effect("closes although the last export fails", () =>
    Effect.gen(function*() {
      let closed = false
      const { processor } = make({
        export: (_, done) => done({ code: 1 }),
        shutdown: () => {
          closed = true
          return Promise.resolve()
        }
      }, { size: 512, delayMillis: 60_000 })
      processor.onEnd(span())
      yield* Effect.promise(() => processor.shutdown())
      assert.isTrue(closed)
    }))
})

describe("Reporter", () => {
  it.effect("says once that a destination fails and once that it works again, and is quiet about flapping", () =>
    Effect.gen(function*() {
      const console = Lines.make()
      yield* Effect.gen(function*() {
        const reporter = yield* Reporter.make("the collector")
        const said = () => console.lines.splice(0).map((line) => /level=(\w+)/.exec(line)?.[1])
        reporter.succeeded()
        assert.deepStrictEqual(said(), [])
        reporter.failed("spans", "ECONNREFUSED")
        reporter.failed("metrics", "ECONNREFUSED")
        assert.deepStrictEqual(said(), ["WARN"])
        reporter.succeeded()
        reporter.succeeded()
        assert.deepStrictEqual(said(), ["INFO"])
        for (let turn = 0; turn < 10; turn++) {
          reporter.failed("spans", "500")
          reporter.succeeded()
        }
        assert.deepStrictEqual(said(), [])
        yield* TestClock.adjust("61 seconds")
        reporter.failed("spans", "500")
        assert.deepStrictEqual(said(), ["WARN"])
      }).pipe(Effect.provide(Layer.provideMerge(Logging.layer("Info"), console.layer)))
    }))
})
