import { Effect, Layer } from "effect"
import { Traces } from "../../../src/domain/operations/Traces.ts"
import { SpanRecord, Trace } from "../../../src/domain/operations/TraceSummary.ts"
import * as MemoryTraces from "../../../src/infrastructure/telemetry/traces/MemoryTraces.ts"
import { contract } from "../../../src/testing/contract/TracesContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

const broken = (change: (traces: typeof Traces.Service) => Partial<typeof Traces.Service>) =>
  Layer.flatMap(MemoryTraces.layer, (context) => {
    const recording = Layer.succeedContext(context)
    const changed = Layer.effect(Traces, Effect.map(Traces, (traces) => ({ ...traces, ...change(traces) })))
    return Layer.provide(changed, recording)
  })

bites(contract, "ignores the filter", broken(({ list }) => ({ list: ({ limit }) => list({ limit }) })))
bites(
  contract,
  "lists the oldest first",
  broken(({ list }) => ({
    list: (filter) => Effect.map(list(filter), (summaries) => summaries.toReversed())
  }))
)
bites(contract, "does not clear", broken(() => ({ clear: Effect.succeed(2) })))
bites(
  contract,
  "takes any prefix",
  broken(({ list, show }) => ({
    show: (prefix) => Effect.flatMap(Effect.orDie(list({ limit: 1 })), ([first]) => show(first?.id ?? prefix))
  }))
)
bites(
  contract,
  "calls an interrupted span an error",
  broken(({ show }) => ({
    show: (prefix) =>
      Effect.map(show(prefix), ({ spans, summary }) =>
        new Trace({
          summary,
          spans: spans.map((span) =>
            span.status === "interrupted" ? new SpanRecord({ ...span, status: "error" }) : span
          )
        }))
  }))
)
bites(
  contract,
  "loses events",
  broken(({ show }) => ({
    show: (prefix) =>
      Effect.map(
        show(prefix),
        ({ spans, summary }) =>
          new Trace({ summary, spans: spans.map((span) => new SpanRecord({ ...span, events: [] })) })
      )
  }))
)
bites(
  contract,
  "ranks by name",
  broken(({ top }) => ({
    top: (limit) => Effect.map(top(100), (all) => all.toSorted((a, b) => a.name < b.name ? -1 : 1).slice(0, limit))
  }))
)
