import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Layer } from "effect"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Traces } from "../../../../src/domain/operations/Traces.ts"
import { layerExporter } from "../../../../src/infrastructure/telemetry/pipeline/Sdk.ts"
import type { SpanRow } from "../../../../src/infrastructure/telemetry/traces/SpanRow.ts"
import * as SqliteTraces from "../../../../src/infrastructure/telemetry/traces/SqliteTraces.ts"
import * as TraceStore from "../../../../src/infrastructure/telemetry/traces/TraceStore.ts"
import { contract } from "../../../../src/testing/contract/TracesContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "strata-traces-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const store = (filename: string, limits?: TraceStore.Limits) =>
  Effect.acquireRelease(
    Effect.sync(() => TraceStore.open(filename, limits)),
    (opened) => Effect.promise(() => opened.shutdown())
  )

suite(
  contract,
  "sqlite",
  Layer.unwrapScoped(Effect.gen(function*() {
    const filename = join(yield* folder, "deep", "traces.db")
    return Layer.merge(layerExporter(yield* store(filename), "store"), SqliteTraces.layer({ filename }))
  }))
)

const hex = (value: number, length: number) => value.toString(16).padStart(length, "0")

const rows = (trace: number, count: number, start: number): ReadonlyArray<SpanRow> =>
  Array.from({ length: count }, (_, index) => ({
    traceId: hex(trace + 1, 32),
    spanId: hex(trace * 1_000_000 + index + 1, 16),
    parentId: index === 0 ? null : hex(trace * 1_000_000 + 1, 16),
    name: index === 0 ? `root ${trace}` : "child",
    kind: "internal",
    start: start + index,
    duration: 10,
    status: "ok",
    error: null,
    attributes: { "strata.text": "x".repeat(100) },
    events: [],
    rank: index === 0 ? 2 : 0
  }))

const limits: TraceStore.Limits = { spans: 1_000, ageMicros: 1_000_000_000, bytes: 50_000_000 }

const read = <A, E>(filename: string, use: (traces: typeof Traces.Service) => Effect.Effect<A, E>) =>
  Effect.flatMap(Traces, use).pipe(Effect.provide(SqliteTraces.layer({ filename })))

const list = (filename: string) => read(filename, (traces) => traces.list({ limit: 1_000 }))

describe("SqliteTraces", () => {
  it.scoped("reads a file that does not exist as no traces, and does not create it", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      assert.deepStrictEqual(yield* list(filename), [])
      assert.throws(() => statSync(filename))
    }))

  it.scoped("reads while another connection writes", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const first = yield* store(filename)
      const second = yield* store(filename)
      first.write(rows(0, 10, 0))
      assert.lengthOf(yield* list(filename), 1)
      second.write(rows(1, 10, 0))
      first.write(rows(2, 10, 0))
      assert.lengthOf(yield* list(filename), 3)
    }))

  it.scoped("keeps the file to its owner", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "state", "traces.db")
      yield* store(filename)
      assert.strictEqual(statSync(filename).mode & 0o077, 0)
    }))

  it.scoped("names a trace after its root span, whenever that arrives", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const opened = yield* store(filename)
      const [root, ...children] = rows(0, 3, 100)
      opened.write(children)
      assert.deepStrictEqual((yield* list(filename)).map(({ name }) => name), ["child"])
      if (root !== undefined) opened.write([root])
      const [trace] = yield* list(filename)
      assert.deepStrictEqual([trace?.name, trace?.spans, Duration.toMillis(trace?.duration ?? 0)], ["root 0", 3, 0.012])
    }))

  it.scoped("does not count a span twice", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const opened = yield* store(filename)
      opened.write(rows(0, 3, 0))
      opened.write(rows(0, 3, 0))
      assert.deepStrictEqual((yield* list(filename)).map(({ spans }) => spans), [3])
    }))

  it.scoped("keeps the newest traces within the limit of spans", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const opened = yield* store(filename, limits)
      for (let trace = 0; trace < 30; trace++) opened.write(rows(trace, 100, trace * 1_000))
      const kept = yield* list(filename)
      const spans = kept.reduce((sum, trace) => sum + trace.spans, 0)
      assert.isAtMost(spans, 2_000)
      assert.isAtLeast(spans, 500)
      assert.strictEqual(kept[0]?.name, "root 29")
      assert.notInclude(kept.map(({ name }) => name), "root 0")
      assert.lengthOf(yield* read(filename, (traces) => traces.top(100)), 1 + kept.length)
    }))

  it.scoped("shortens a single trace that is over the limit from its beginning", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const opened = yield* store(filename, limits)
      opened.write(rows(0, 5_000, 0))
      const [trace] = yield* list(filename)
      assert.isAtMost(trace?.spans ?? 0, 1_000)
      assert.isAtLeast(trace?.spans ?? 0, 400)
      const shown = yield* read(filename, (traces) => traces.show(hex(1, 32)))
      assert.lengthOf(shown.spans, trace?.spans ?? 0)
    }))

  it.scoped("forgets what is older than the limit of age", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const opened = yield* store(filename, { ...limits, spans: 100_000, ageMicros: 1_000_000 })
      opened.write(rows(0, 2, 0))
      opened.write(rows(1, 2_100, 5_000_000))
      assert.deepStrictEqual((yield* list(filename)).map(({ name }) => name), ["root 1"])
    }))

  it.scoped("keeps the file within the limit of bytes", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const bytes = 1_500_000
      const opened = yield* store(filename, { ...limits, spans: 100_000, bytes })
      for (let trace = 0; trace < 100; trace++) opened.write(rows(trace, 500, trace * 10_000))
      yield* Effect.promise(() => opened.shutdown())
      assert.isBelow(statSync(filename).size, 2 * bytes)
      assert.strictEqual((yield* list(filename))[0]?.name, "root 99")
    }))

  it.scoped("says that a file that is no database is damaged, and leaves it", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      const content = "this is not a database, and it is longer than the header of one ".repeat(4)
      writeFileSync(filename, content)
      const result = yield* Effect.either(list(filename))
      assert.isTrue(Either.isLeft(result) && result.left._tag === "Corrupt")
      assert.throws(() => TraceStore.open(filename))
      assert.strictEqual(readFileSync(filename, "utf8"), content)
    }))

  it.scoped("reads a file that was created and never written as no traces", () =>
    Effect.gen(function*() {
      const filename = join(yield* folder, "traces.db")
      writeFileSync(filename, "")
      assert.deepStrictEqual(yield* list(filename), [])
    }))

  it.scoped("refuses a file of a newer version and one of another application", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const { default: Database } = yield* Effect.promise(() => import("better-sqlite3"))
      for (
        const [name, change, expected] of [
          ["newer.db", "PRAGMA user_version = 99", "NewerThanApp"],
          ["foreign.db", "PRAGMA application_id = 1", "Corrupt"]
        ] as const
      ) {
        const filename = join(path, name)
        const opened = TraceStore.open(filename)
        yield* Effect.promise(() => opened.shutdown())
        const database = new Database(filename)
        database.exec(change)
        database.close()
        const result = yield* Effect.either(list(filename))
        assert.isTrue(Either.isLeft(result) && result.left._tag === expected, name)
        assert.throws(() => TraceStore.open(filename))
      }
    }))
})
