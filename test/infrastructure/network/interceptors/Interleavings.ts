/**
 * Calls that come, work and are interrupted at random moments, in the order in which fibers make way for each other.
 */
import { Effect, Exit, FastCheck, Fiber } from "effect"

interface Moments {
  /** How often others go first. */
  readonly yields: number
  readonly interruptedAfter: number | undefined
}

/** When a call comes, and for how long it works; counted in turns of other fibers. */
export const moments = {
  yields: FastCheck.nat(12),
  works: FastCheck.nat(6),
  interruptedAfter: FastCheck.option(FastCheck.nat(20), { nil: undefined })
}

export const turns = (count: number): Effect.Effect<void> => Effect.repeatN(Effect.yieldNow(), count)

/** What one call does, and what has to hold when all are over. */
interface World<Step, E> {
  readonly call: (step: Step) => Effect.Effect<unknown, E>
  readonly afterwards: () => void
}

/** As many worlds as `numRuns`, each with calls of its own; how many calls were interrupted in all. */
export const run = async <Step extends Moments, E>(
  step: FastCheck.Arbitrary<Step>,
  calls: { readonly minLength: number; readonly maxLength: number },
  numRuns: number,
  world: () => World<Step, E>
): Promise<number> => {
  let interrupted = 0
  const one = (steps: ReadonlyArray<Step>) =>
    Effect.gen(function*() {
      const { afterwards, call } = world()
      const fibers = yield* Effect.forEach(steps, (each) =>
        Effect.fork(Effect.gen(function*() {
          yield* turns(each.yields)
          const fiber = yield* Effect.fork(call(each))
          if (each.interruptedAfter !== undefined) {
            yield* turns(each.interruptedAfter)
            yield* Fiber.interruptFork(fiber)
          }
          if (Exit.isInterrupted(yield* Fiber.await(fiber))) interrupted++
        })))
      yield* Effect.forEach(fibers, Fiber.await)
      afterwards()
    })
  await FastCheck.assert(
    FastCheck.asyncProperty(FastCheck.array(step, calls), (steps) => Effect.runPromise(one(steps))),
    { numRuns, seed: 20_261_122 }
  )
  return interrupted
}
