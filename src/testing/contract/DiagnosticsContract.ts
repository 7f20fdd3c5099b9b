/**
 * What every `Diagnostics` must do. Not covered: the deadline of a single check, which a case cannot provoke through
 * the port; an adapter that runs checks tests it.
 */
import { Chunk, Effect, Stream } from "effect"
import { Diagnostics } from "../../domain/operations/Diagnostics.ts"
import type { Contract } from "../Contract.ts"
import { contractCase, ensure } from "../Contract.ts"

const collected = Effect.gen(function*() {
  const { checks } = yield* Diagnostics
  return Chunk.toReadonlyArray(yield* Stream.runCollect(checks))
})

/** For an adapter that has been given two checks or more. */
export const contract: Contract<Diagnostics> = {
  name: "Diagnostics",
  cases: [
    contractCase(
      "there is something to look at, under different names",
      Effect.gen(function*() {
        const names = (yield* collected).map(({ name }) => name)
        yield* ensure(names.length >= 2, `${names.length} checks`)
        yield* ensure(new Set(names).size === names.length, `names repeat: ${names.join(", ")}`)
      })
    ),
    contractCase(
      "looking again gives the same checks in the same order",
      Effect.gen(function*() {
        const first = (yield* collected).map(({ name }) => name)
        const second = (yield* collected).map(({ name }) => name)
        yield* ensure(first.join() === second.join(), `${first.join(", ")}, then ${second.join(", ")}`)
      })
    ),
    contractCase(
      "several people may look at the same time",
      Effect.gen(function*() {
        const seen = yield* Effect.all(Array.from({ length: 10 }, () => collected), { concurrency: 10 })
        const names = seen.map((checks) => checks.map(({ name }) => name).join())
        yield* ensure(new Set(names).size === 1 && names[0] !== "", `they see: ${[...new Set(names)].join(" | ")}`)
      })
    ),
    contractCase(
      "whoever needs the first check only does not wait for the rest",
      Effect.gen(function*() {
        const { checks } = yield* Diagnostics
        const all = yield* collected
        const first = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(checks, 1)))
        yield* ensure(first.length === 1 && first[0]?.name === all[0]?.name, `the first is ${first[0]?.name}`)
      })
    ),
    contractCase(
      "every check says what was found, and a bad one what to do or why",
      Effect.gen(function*() {
        for (const { detail, fix, name } of yield* collected) {
          yield* ensure(name.trim() !== "" && detail.trim() !== "", `"${name}" says nothing`)
          yield* ensure(fix === undefined || fix.trim() !== "", `"${name}" has an empty fix`)
        }
      })
    )
  ]
}
