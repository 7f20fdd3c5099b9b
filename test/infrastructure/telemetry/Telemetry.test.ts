import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Traces } from "../../../src/domain/operations/Traces.ts"
import * as TelemetryProbes from "../../../src/infrastructure/telemetry/diagnostics/TelemetryProbes.ts"
import * as Span from "../../../src/infrastructure/telemetry/Span.ts"
import { define } from "../../../src/infrastructure/telemetry/SpanDefinition.ts"
import * as Telemetry from "../../../src/infrastructure/telemetry/Telemetry.ts"
import { TelemetryStatus } from "../../../src/infrastructure/telemetry/TelemetryStatus.ts"
import * as SqliteTraces from "../../../src/infrastructure/telemetry/traces/SqliteTraces.ts"
import * as Collector from "./Collector.ts"
import * as Lines from "./Lines.ts"
import { options, to } from "./Options.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "strata-telemetry-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

class OutOfLuck extends Schema.TaggedError<OutOfLuck>()("OutOfLuck", { reason: Schema.String }) {
  override get message() {
    return `No luck: ${this.reason}`
  }
}

const work = define({ name: "test.work", doc: "Work", attributes: { "strata.text": "A text" } })

describe("Telemetry", () => {
  it.scoped("delivers spans to the store and to the collector, with resource and headers", () =>
    Effect.gen(function*() {
      const collector = yield* Collector.make()
      const filename = join(yield* folder, "traces.db")
      const layer = Telemetry.layer({
        ...options,
        resourceAttributes: { "host.name": "laptop", "access.token": "cAnArY" },
        store: Option.some(filename),
        collector: Option.some({
          endpoint: collector.endpoint,
          headers: Option.some(Redacted.make({ authorization: "Bearer abc" })),
          timeoutMillis: 60_000
        })
      })
      const body = Effect.withSpan(Effect.withSpan(Effect.void, "child"), "parent")
      const counts = yield* Effect.andThen(
        Effect.provide(Effect.zipRight(body, Effect.flatMap(TelemetryStatus, (status) => status.exporters)), layer),
        (exporters) => exporters.map(({ ended, exporter }) => [exporter, ended])
      )
      assert.deepStrictEqual(counts, [["store", 2], ["otlp", 2]])
      assert.sameMembers([...collector.spanNames()], ["child", "parent"])
      assert.isTrue(collector.headers().every(({ authorization }) => authorization === "Bearer abc"))
      const [sent = ""] = collector.bodies("/v1/traces")
      for (
        const part of [
          "field-notes",
          "1.2.3",
          "service.instance.id",
          "deployment.environment.name",
          "staging",
          "laptop"
        ]
      ) assert.include(sent, part)
      assert.notInclude(sent, "cAnArY")
      const traces = yield* Effect.provide(
        Effect.flatMap(Traces, (stored) => stored.list({ limit: 10 })),
        SqliteTraces.layer({ filename })
      )
      assert.deepStrictEqual(traces.map(({ name, spans }) => [name, spans]), [["parent", 2]])
    }))

  it.scoped("marks failures with their type, leaves success unset, and does not call an interruption an error", () =>
    Effect.gen(function*() {
      const collector = yield* Collector.make()
      const failed = Effect.fail(new OutOfLuck({ reason: "Bearer cAnArY" })).pipe(Span.withSpan(work))
      const interrupted = Effect.interrupt.pipe(Span.withSpan(work))
      const died = Effect.die(new TypeError("bug")).pipe(Span.withSpan(work))
      yield* Effect.forEach([failed, interrupted, died, Effect.void.pipe(Span.withSpan(work))], Effect.exit).pipe(
        Effect.provide(Telemetry.layer({ ...options, collector: to(collector.endpoint) }))
      )
      const [body = ""] = collector.bodies("/v1/traces")
      assert.notInclude(body, "cAnArY")
      const spans = Collector.spansIn(body)
      const seen = spans.map(({ attributes, status }) => [
        status.code,
        ...attributes.filter(({ key }) => key === "error.type" || key === "status.interrupted").map(({ key, value }) =>
          `${key}=${Object.values(value).join()}`
        )
      ])
      assert.deepStrictEqual(seen, [
        [2, "error.type=OutOfLuck"],
        [0, "status.interrupted=true"],
        [2, "error.type=Defect"],
        [0]
      ])
      assert.strictEqual(spans[0]?.status.message, "No luck: Bearer [REDACTED]")
      const keys = spans.flatMap(({ events }) => events.flatMap(({ attributes }) => attributes.map(({ key }) => key)))
      assert.include(keys, "exception.message")
      assert.notInclude(keys, "exception.stacktrace")
    }))

  it.scoped("says once that a collector refuses, without repeating its answer", () =>
    Effect.gen(function*() {
      const collector = yield* Collector.make("refuse")
      const console = Lines.make()
      yield* Effect.repeatN(Effect.withSpan(Effect.logInfo("a line"), "lost"), 1_199).pipe(
        Effect.provide(
          Layer.provideMerge(
            Telemetry.layer({ ...options, logLevel: "Info", collector: to(collector.endpoint) }),
            console.layer
          )
        )
      )
      const warnings = console.lines.filter((line) => line.includes("level=WARN"))
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0] ?? "", collector.endpoint)
      assert.notInclude(console.lines.join("\n"), "the answer of a collector")
    }))

  it.scoped("runs on without a trace store that cannot be opened, says so once, and leaves the file", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const content = "something else ".repeat(500)
      writeFileSync(filename, content)
      const console = Lines.make()
      const [value, check] = yield* Effect.gen(function*() {
        const result = yield* Effect.withSpan(Effect.succeed(42), "work")
        const probe = yield* TelemetryProbes.store
        return [result, yield* probe.check] as const
      }).pipe(
        Effect.provide(Layer.provideMerge(Telemetry.layer({ ...options, store: Option.some(filename) }), console.layer))
      )
      assert.strictEqual(value, 42)
      assert.isTrue(!Array.isArray(check) && "status" in check && check.status === "warning")
      assert.lengthOf(console.lines, 1)
      assert.include(console.lines[0] ?? "", "damaged")
      assert.strictEqual(readFileSync(filename, "utf8"), content)
    }))

  it.scoped("records nothing when it is disabled, and still logs", () =>
    Effect.gen(function*() {
      const collector = yield* Collector.make()
      const console = Lines.make()
      yield* Effect.withSpan(Effect.logInfo("hello"), "work").pipe(
        Effect.provide(
          Layer.provideMerge(
            Telemetry.layer({ ...options, disabled: true, collector: to(collector.endpoint) }),
            console.layer
          )
        )
      )
      assert.lengthOf(collector.headers(), 0)
      assert.include(console.lines.join(), "hello")
    }))

  it.scoped("keeps whole traces, and the share of them that is asked for", () =>
    Effect.gen(function*() {
      const { layerExporter } = yield* Effect.promise(() =>
        import("../../../src/infrastructure/telemetry/pipeline/Sdk.ts")
      )
      const spans = new Map<string, number>()
      const exporter = {
        export: (
          batch: ReadonlyArray<{ spanContext: () => { traceId: string } }>,
          done: (result: { code: 0 }) => void
        ) => {
          for (const span of batch) {
            const { traceId } = span.spanContext()
            spans.set(traceId, (spans.get(traceId) ?? 0) + 1)
          }
          done({ code: 0 })
        },
        shutdown: () => Promise.resolve()
      }
      yield* Effect.repeatN(Effect.withSpan(Effect.withSpan(Effect.void, "child"), "root"), 9_999)
        .pipe(
          Effect.provide(layerExporter(exporter, "memory", { sampler: "parentbased_traceidratio", samplerRatio: 0.1 }))
        )
      assert.isAtLeast(spans.size, 800)
      assert.isAtMost(spans.size, 1_200)
      assert.deepStrictEqual([...new Set(spans.values())], [2])
    }))
})
