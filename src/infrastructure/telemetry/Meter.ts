/**
 * Measuring with the metrics of the catalogue. Nothing here fails or waits.
 */
import { Clock, Duration, Effect } from "effect"
import type { MetricAttribute, MetricDefinition } from "./MetricDefinition.ts"

type Value<Attribute extends MetricAttribute> = Attribute extends { readonly values: ReadonlyArray<infer V> } ? V
  : string

/** Values for the labels that `Definition` declares; a label left out is absent. */
export type Labels<Definition extends MetricDefinition> = {
  readonly [Key in keyof Definition["attributes"]]?: Value<Definition["attributes"][Key]> & string
}

/** Adds to a counter. */
export const add = <Definition extends MetricDefinition<"counter">>(
  definition: Definition,
  labels: Labels<Definition> = {},
  amount = 1
): Effect.Effect<void> => Effect.sync(() => definition.update(amount, labels))

/** Sets a gauge. */
export const set = <Definition extends MetricDefinition<"gauge">>(
  definition: Definition,
  value: number,
  labels: Labels<Definition> = {}
): Effect.Effect<void> => Effect.sync(() => definition.update(value, labels))

/** Records one value of a distribution, a `Duration` as seconds. */
export const record = <Definition extends MetricDefinition<"histogram">>(
  definition: Definition,
  value: number | Duration.Duration,
  labels: Labels<Definition> = {}
): Effect.Effect<void> =>
  Effect.sync(() => definition.update(Duration.isDuration(value) ? Duration.toSeconds(value) : value, labels))

/** Records how long `effect` takes, however it ends. */
export const timed = <Definition extends MetricDefinition<"histogram">>(
  definition: Definition,
  labels: Labels<Definition> = {}
) =>
<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Clock.currentTimeNanos, (start) =>
    Effect.ensuring(
      effect,
      Effect.flatMap(Clock.currentTimeNanos, (end) => record(definition, Duration.nanos(end - start), labels))
    ))
