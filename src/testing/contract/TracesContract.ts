/**
 * What every `Traces` must do. The layer under test provides the tracer whose spans it keeps: each case records spans
 * with Effect's own tracing. Not covered: retention limits, several processes.
 */
import { Clock, Data, DateTime, Duration, Effect, Either, Schema, TestClock } from "effect"
import { Traces } from "../../domain/operations/Traces.ts"
import { Trace } from "../../domain/operations/TraceSummary.ts"
import type { Contract } from "../Contract.ts"
import { contractCase, ensure } from "../Contract.ts"

const equal = (actual: unknown, expected: unknown, what: string) =>
  ensure(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
  )

/** What the spans of these cases fail with. */
class NoLuck extends Data.TaggedError("NoLuck")<{ readonly message: string }> {}

/** A span of exactly this length. */
const lasting = (name: string, millis: number) => Effect.withSpan(TestClock.adjust(Duration.millis(millis)), name)

const failing = (name: string) =>
  Effect.exit(Effect.withSpan(Effect.fail(new NoLuck({ message: "no luck" })), name, { root: true }))

const clocked = ["TestClock"]

export const contract: Contract<Traces> = {
  name: "Traces",
  cases: [
    contractCase(
      "nothing recorded is an empty list, no statistics and nothing to clear",
      Effect.gen(function*() {
        const traces = yield* Traces
        yield* equal(yield* traces.list({ limit: 10 }), [], "list")
        yield* equal(yield* traces.top(10), [], "top")
        yield* equal(yield* traces.clear, 0, "cleared")
      })
    ),

    contractCase(
      "a trace is summarised by its root span",
      Effect.gen(function*() {
        const traces = yield* Traces
        yield* TestClock.adjust("1 hour")
        const start = yield* Clock.currentTimeMillis
        yield* Effect.withSpan(Effect.zipRight(lasting("child", 20), lasting("child", 30)), "parent")
        const [trace, ...others] = yield* traces.list({ limit: 10 })
        yield* ensure(trace !== undefined && others.length === 0, "expected one trace")
        if (trace === undefined) return
        yield* equal(
          [trace.name, trace.spans, trace.errors, Duration.toMillis(trace.duration), trace.startedAt.epochMillis],
          ["parent", 3, 0, 50, start],
          "summary"
        )
      }),
      clocked
    ),

    contractCase(
      "the newest traces are listed first, as many as asked for",
      Effect.gen(function*() {
        const traces = yield* Traces
        for (const name of ["first", "second", "third"]) yield* lasting(name, 1_000)
        yield* equal((yield* traces.list({ limit: 2 })).map(({ name }) => name), ["third", "second"], "names")
      }),
      clocked
    ),

    contractCase(
      "the list can be narrowed to errors and to recent traces",
      Effect.gen(function*() {
        const traces = yield* Traces
        yield* failing("old failure")
        yield* TestClock.adjust("1 hour")
        const since = yield* DateTime.now
        yield* lasting("success", 10)
        yield* failing("new failure")
        const errors = yield* traces.list({ limit: 10, errorsOnly: true })
        yield* equal(errors.map(({ name }) => name).toSorted(), ["new failure", "old failure"], "errors")
        yield* equal(errors.map((trace) => trace.errors), [1, 1], "error counts")
        const recent = yield* traces.list({ limit: 10, since })
        yield* equal(recent.map(({ name }) => name).toSorted(), ["new failure", "success"], "recent")
        const both = yield* traces.list({ limit: 10, since, errorsOnly: true })
        yield* equal(both.map(({ name }) => name), ["new failure"], "recent errors")
      }),
      clocked
    ),

    contractCase(
      "a trace is shown parents first, siblings by start, with times, attributes and events",
      Effect.gen(function*() {
        const traces = yield* Traces
        yield* TestClock.adjust("1 hour")
        const child = Effect.gen(function*() {
          yield* TestClock.adjust("5 millis")
          const span = yield* Effect.currentSpan
          span.event("half-way", yield* Clock.currentTimeNanos, { "strata.step": 2 })
          yield* TestClock.adjust("5 millis")
        })
        yield* Effect.withSpan(
          Effect.gen(function*() {
            yield* TestClock.adjust("10 millis")
            yield* Effect.withSpan(Effect.zipRight(child, lasting("grandchild", 10)), "early", { kind: "client" })
            yield* lasting("late", 30)
          }),
          "root",
          { attributes: { "strata.text": "a", "strata.count": 3, "strata.flag": true } }
        )
        const [summary] = yield* traces.list({ limit: 1 })
        const trace = yield* traces.show(summary?.id ?? "")
        yield* equal(trace.summary, summary, "summary")
        yield* equal(
          trace.spans.map((span) => [span.name, Duration.toMillis(span.offset), Duration.toMillis(span.duration)]),
          [["root", 0, 60], ["early", 10, 20], ["grandchild", 20, 10], ["late", 30, 30]],
          "spans"
        )
        const [root, early, grandchild] = trace.spans
        yield* equal(
          [root?.parentId, early?.parentId, grandchild?.parentId],
          [undefined, root?.id, early?.id],
          "parents"
        )
        yield* equal([root?.kind, early?.kind], ["internal", "client"], "kinds")
        yield* equal(root?.attributes, { "strata.text": "a", "strata.count": 3, "strata.flag": true }, "attributes")
        yield* equal(
          early?.events.map((event) => [event.name, Duration.toMillis(event.offset), event.attributes]),
          [["half-way", 5, { "strata.step": 2 }]],
          "events"
        )
      }),
      clocked
    ),

    contractCase(
      "a failed span is an error with its reason, an interrupted one is not an error",
      Effect.gen(function*() {
        const traces = yield* Traces
        yield* Effect.exit(Effect.withSpan(
          Effect.all([
            Effect.exit(Effect.withSpan(Effect.fail(new NoLuck({ message: "no luck" })), "failed")),
            Effect.exit(Effect.withSpan(Effect.interrupt, "interrupted")),
            Effect.withSpan(Effect.void, "fine")
          ]),
          "root"
        ))
        const [summary] = yield* traces.list({ limit: 1 })
        const { spans } = yield* traces.show(summary?.id ?? "")
        const statuses = Object.fromEntries(spans.map((span) => [span.name, span.status]))
        yield* equal(
          [statuses["root"], statuses["failed"], statuses["interrupted"], statuses["fine"], summary?.errors],
          ["ok", "error", "interrupted", "ok", 1],
          "statuses"
        )
        const error = spans.find((span) => span.name === "failed")?.error ?? ""
        yield* ensure(error.includes("no luck"), `the reason is missing: ${error}`)
      })
    ),

    contractCase(
      "a trace is found by a prefix of at least 4 digits that only it has",
      Effect.gen(function*() {
        const traces = yield* Traces
        yield* lasting("one", 1)
        const [summary] = yield* traces.list({ limit: 1 })
        const id = summary?.id ?? ""
        for (const prefix of [id, id.slice(0, 4), id.slice(0, 12).toUpperCase()]) {
          yield* equal((yield* traces.show(prefix)).summary.id, id, prefix)
        }
        const other = id.startsWith("0") ? "f" : "0"
        for (const prefix of ["", id.slice(0, 3), `${other}${id.slice(1)}`, "%", "____", `${id}0`]) {
          const found = yield* Effect.either(traces.show(prefix))
          yield* ensure(
            Either.isLeft(found) && found.left._tag === "TraceNotFound" && found.left.candidates.length === 0,
            `"${prefix}" must not be found`
          )
        }
      }),
      clocked
    ),

    contractCase(
      "statistics count, rank and bound the spans of each name",
      Effect.gen(function*() {
        const traces = yield* Traces
        for (const millis of [10, 20, 30, 40]) yield* lasting("often", millis)
        yield* lasting("slow", 500)
        yield* failing("broken")
        const top = yield* traces.top(10)
        yield* equal(
          top.map((each) => [
            each.name,
            each.count,
            each.errors,
            ...[each.p50, each.p95, each.max].map((duration) => Duration.toMillis(duration))
          ]),
          [["slow", 1, 0, 500, 500, 500], ["often", 4, 0, 20, 40, 40], ["broken", 1, 1, 0, 0, 0]],
          "statistics"
        )
        yield* equal((yield* traces.top(1)).map(({ name }) => name), ["slow"], "limited")
      }),
      clocked
    ),

    contractCase(
      "clear deletes every trace and says how many there were",
      Effect.gen(function*() {
        const traces = yield* Traces
        yield* Effect.withSpan(lasting("child", 1), "parent")
        yield* lasting("other", 1)
        yield* equal(yield* traces.clear, 2, "cleared")
        yield* equal(yield* traces.list({ limit: 10 }), [], "list")
        yield* equal(yield* traces.top(10), [], "top")
        yield* lasting("after", 1)
        yield* equal((yield* traces.list({ limit: 10 })).map(({ name }) => name), ["after"], "recorded afterwards")
      }),
      clocked
    ),

    contractCase(
      "no secret survives in what is shown",
      Effect.gen(function*() {
        const traces = yield* Traces
        const secret = "cAnArY9Z8y7X6w5V"
        yield* Effect.exit(Effect.withSpan(
          Effect.fail(new NoLuck({ message: `GET https://bob:${secret}@example.com/?access_token=${secret} failed` })),
          "call",
          { attributes: { "http.request.header.authorization": `Bearer ${secret}`, "strata.note": `Bearer ${secret}` } }
        ))
        const [summary] = yield* traces.list({ limit: 1 })
        const trace = yield* traces.show(summary?.id ?? "")
        const text = yield* Schema.encode(Schema.parseJson(Trace))(trace)
        yield* ensure(text.includes("example.com") && !text.includes(secret), "a secret is shown")
      })
    )
  ]
}
