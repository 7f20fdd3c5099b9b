/**
 * What every `Connectivity` must do, beside a line that can be cut. Not covered: how soon a change is noticed.
 */
import { Chunk, Context, Effect, Fiber, Stream } from "effect"
import { Connectivity } from "../../domain/network/Connectivity.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** Cuts the line to the backend, and lets it be noticed. */
export class Line extends Context.Tag("effect-strata/testing/contract/ConnectivityContract/Line")<
  Line,
  { readonly cut: Effect.Effect<void>; readonly restore: Effect.Effect<void> }
>() {}

/** Lets fibers that were just forked come to where they wait. */
const settle = Effect.repeatN(Effect.yieldNow(), 50)

const listen = (count: number) =>
  Effect.gen(function*() {
    const { changes } = yield* Connectivity
    const fiber = yield* Effect.forkScoped(Stream.runCollect(Stream.take(changes, count)))
    yield* settle
    return () => Effect.map(Fiber.join(fiber), (heard) => Chunk.join(Chunk.map(heard, String), ","))
  })

export const contract: Contract<Connectivity | Line> = {
  name: "Connectivity",
  cases: [
    contractCase(
      "is online until something shows otherwise",
      Effect.gen(function*() {
        const connectivity = yield* Connectivity
        yield* ensure((yield* connectivity.state) === "online", "starts offline")
      })
    ),
    contractCase(
      "follows the line",
      Effect.gen(function*() {
        const connectivity = yield* Connectivity
        const line = yield* Line
        yield* line.cut
        yield* ensure((yield* connectivity.state) === "offline", "online although the line is cut")
        yield* line.restore
        yield* ensure((yield* connectivity.state) === "online", "offline although the line is whole")
      })
    ),
    contractCase(
      "tells each change once",
      Effect.gen(function*() {
        const line = yield* Line
        const heard = yield* listen(3)
        yield* line.cut
        yield* line.cut
        yield* line.restore
        yield* line.restore
        yield* line.cut
        yield* ensure((yield* heard()) === "offline,online,offline", "changes are missing or repeated")
      })
    ),
    contractCase(
      "tells changes only, not the state there was",
      Effect.gen(function*() {
        const line = yield* Line
        yield* line.cut
        const heard = yield* listen(1)
        yield* line.restore
        yield* ensure((yield* heard()) === "online", "the first thing told is no change")
      })
    ),
    contractCase(
      "tells every listener",
      Effect.gen(function*() {
        const line = yield* Line
        const first = yield* listen(1)
        const second = yield* listen(1)
        yield* line.cut
        yield* ensure((yield* first()) === "offline" && (yield* second()) === "offline", "a listener heard nothing")
      })
    )
  ]
}
