/**
 * `Diagnostics` made of the checks that each area exports.
 */
import { Array, Cause, Effect, Layer, Option, Stream } from "effect"
import { Check } from "../../../domain/operations/Check.ts"
import { Diagnostics } from "../../../domain/operations/Diagnostics.ts"

/** What one area looks at: one answer or several. `name` stands for it when it gives none. */
export interface Probe {
  readonly name: string
  readonly check: Effect.Effect<Check | ReadonlyArray<Check>>
}

const deadline = "5 seconds"

/** Probes wait for files and servers, not for this process. */
const concurrency = 8

const failed = (name: string, detail: string) => [new Check({ name, status: "failed", detail })]

const answer = ({ check, name }: Probe): Effect.Effect<ReadonlyArray<Check>> =>
  check.pipe(
    Effect.map((found) => Array.ensure(found) as ReadonlyArray<Check>),
    Effect.timeoutOption(deadline),
    Effect.map(Option.getOrElse(() => failed(name, "No answer within 5 seconds"))),
    // A bug in one check must not hide the others; its message is not known to be safe to print.
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : Effect.succeed(failed(name, "The check itself failed"))
    )
  )

export const make = (probes: ReadonlyArray<Probe>): typeof Diagnostics.Service =>
  Diagnostics.of({
    checks: Stream.fromIterable(probes).pipe(
      Stream.mapEffect(answer, { concurrency }),
      Stream.flattenIterables
    )
  })

/** Probes run side by side and answer in the order given; each has 5 seconds. */
export const layer = (probes: ReadonlyArray<Probe>): Layer.Layer<Diagnostics> =>
  Layer.succeed(Diagnostics, make(probes))
