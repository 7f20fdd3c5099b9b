/**
 * One step of the tour: it says what it did and how long it took, or why it did not.
 */
import { Clock, Effect } from "effect"
import { CommandFailed } from "../CommandFailed.ts"
import { bold, dim, duration, green, print, printable, red } from "../Output.ts"

const nameWidth = 14
const detailWidth = 76

const line = (mark: string, name: string, detail: string, millis: number) =>
  print(
    `${mark} ${bold(name.padEnd(nameWidth))} ${printable(detail).padEnd(detailWidth)} ${
      dim(duration(millis).padStart(8))
    }`
  )

/** Runs `work` and prints its line. `work` gives the line's text; its failure ends the tour. */
export const step = <A extends { readonly detail: string }, E extends { readonly message: string }, R>(
  name: string,
  work: Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const start = yield* Clock.currentTimeMillis
    const elapsed = Effect.map(Clock.currentTimeMillis, (end) => end - start)
    return yield* work.pipe(
      Effect.tap((result) => Effect.flatMap(elapsed, (millis) => line(green("✔"), name, result.detail, millis))),
      Effect.tapError((failure) => Effect.flatMap(elapsed, (millis) => line(red("✖"), name, failure.message, millis)))
    )
  })

/** Fails the step unless what it claims holds. */
export const claim = (holds: boolean, otherwise: string) =>
  holds ? Effect.void : new CommandFailed({ reason: otherwise, next: "Run \"strata doctor\", then the tour again." })
