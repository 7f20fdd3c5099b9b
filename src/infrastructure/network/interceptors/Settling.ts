/**
 * What stages that count do with one operator: hear how the rest ended, once.
 */
import { Effect, Exit } from "effect"

/**
 * Where nothing interrupts, around an effect that may be interrupted, `settle` hears of interruptions too; elsewhere of
 * everything else.
 */
export const settling = <A, E>(
  effect: Effect.Effect<A, E>,
  settle: (exit: Exit.Exit<A, E>) => void
): Effect.Effect<A, E> =>
  Effect.matchCauseEffect(effect, {
    onFailure: (cause) => {
      const exit = Exit.failCause(cause)
      settle(exit)
      return exit
    },
    onSuccess: (value) => {
      const exit = Exit.succeed(value)
      settle(exit)
      return exit
    }
  })
