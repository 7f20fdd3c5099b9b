/**
 * `strata traces`: what this device recorded about itself.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Clock, DateTime, Duration, Effect, Option, Schema } from "effect"
import { Traces } from "../../domain/operations/Traces.ts"
import { SpanStatistics, Trace, TraceSummary } from "../../domain/operations/TraceSummary.ts"
import { json, text } from "../Arguments.ts"
import { withTraces } from "../InEnvironment.ts"
import { bold, dim, duration, note, print, printJson, printRows, red } from "../Output.ts"
import { waterfall } from "../Waterfall.ts"

const limit = Options.integer("limit").pipe(
  Options.filterMap((count) => (count >= 1 ? Option.some(count) : Option.none()), "Expected at least 1"),
  Options.withDescription("At most this many rows"),
  Options.withDefault(20)
)
const errors = Options.boolean("errors").pipe(Options.withDescription("Only traces with a failed span"))
const since = Options.text("since").pipe(
  Options.withDescription("Only traces younger than this, such as \"1 hour\" or \"30 minutes\""),
  Options.filterMap(Duration.decodeUnknown, "Expected a duration, such as \"1 hour\""),
  Options.optional
)

const ls = Command.make("ls", { limit, errors, since, json }, (options) =>
  Effect.gen(function*() {
    const traces = yield* Traces
    const now = yield* Clock.currentTimeMillis
    const list = yield* traces.list({
      limit: options.limit,
      errorsOnly: options.errors,
      ...(Option.isSome(options.since)
        ? { since: DateTime.unsafeMake(now - Duration.toMillis(options.since.value)) }
        : {})
    })
    if (options.json) return yield* printJson("traces", Schema.Array(TraceSummary), list)
    if (list.length === 0) return yield* note(dim("No traces yet."))
    yield* printRows(list.map((trace) => [
      trace.id.slice(0, 8),
      dim(DateTime.formatIso(trace.startedAt)),
      duration(trace.duration).padStart(7),
      `${trace.spans} spans`,
      trace.errors === 0 ? "" : red(`${trace.errors} failed`),
      bold(trace.name)
    ]))
  }).pipe(withTraces)).pipe(Command.withDescription("List recorded traces, newest first"))

const show = Command.make(
  "show",
  { id: text("ID", "A trace id, or its first digits (at least 4)"), json },
  (options) =>
    Effect.gen(function*() {
      const traces = yield* Traces
      const trace = yield* traces.show(options.id)
      if (options.json) return yield* printJson("trace", Trace, trace)
      for (const line of waterfall(trace)) yield* print(line)
    }).pipe(withTraces)
).pipe(Command.withDescription("Show one trace as a waterfall"))

const top = Command.make("top", { limit, json }, (options) =>
  Effect.gen(function*() {
    const traces = yield* Traces
    const statistics = yield* traces.top(options.limit)
    if (options.json) return yield* printJson("spans", Schema.Array(SpanStatistics), statistics)
    yield* printRows([
      ["SPAN", "COUNT", "P50", "P95", "MAX", "ERRORS"].map(dim),
      ...statistics.map((span) => [
        span.name,
        String(span.count),
        duration(span.p50),
        duration(span.p95),
        duration(span.max),
        span.errors === 0 ? "0" : red(String(span.errors))
      ])
    ])
  }).pipe(withTraces)).pipe(Command.withDescription("Show where the time goes, per span name"))

const clear = Command.make("clear", {}, () =>
  Effect.gen(function*() {
    const traces = yield* Traces
    yield* print(`${yield* traces.clear} traces deleted`)
  }).pipe(withTraces)).pipe(Command.withDescription("Delete every recorded trace"))

export const traces = Command.make("traces").pipe(
  Command.withDescription("Recorded traces: ls, show, top, clear"),
  Command.withSubcommands([ls, show, top, clear])
)
