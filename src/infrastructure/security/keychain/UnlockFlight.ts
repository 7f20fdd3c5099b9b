/**
 * One unlock prompt for any number of waiters, and a pause after one that was dismissed. Shared by every adapter that
 * can ask the person.
 */
import { Clock, Deferred, Duration, Effect, Exit, FiberId } from "effect"
import type { Fiber } from "effect"
import type { KeychainFailure } from "./Keychain.ts"
import * as KeychainFixes from "./KeychainFixes.ts"

/** What the person did. */
export type Answer = "accepted" | "dismissed"

export interface UnlockFlight {
  /**
   * Waits for the prompt that is open, else opens this one. A waiter that is interrupted or times out leaves; with the
   * last one the prompt is interrupted, and its finalizers, which close the dialog, are waited for. A dialog that cannot
   * be closed stays, and later waiters join it.
   */
  readonly join: (prompt: Effect.Effect<Answer, KeychainFailure>) => Effect.Effect<void, KeychainFailure>
}

interface Flight {
  waiters: number
  closing: boolean
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  readonly landed: Deferred.Deferred<void, KeychainFailure>
}

/**
 * For `coolDown` after a dismissed prompt every `join` fails with `PromptDismissed` at once. `closable` is asked when
 * nobody waits any more.
 */
export const make = (coolDown: Duration.DurationInput, closable: () => boolean = () => true): UnlockFlight => {
  const pause = Duration.toMillis(coolDown)
  let flight: Flight | undefined
  let quietUntil = 0

  /** Runs in a fiber of its own, so that the waiter who came first can leave before the others. */
  const take = (prompt: Effect.Effect<Answer, KeychainFailure>, mine: Flight) =>
    Effect.interruptible(prompt).pipe(
      Effect.flatMap((answer) => {
        if (answer === "accepted") return Effect.void
        return Effect.zipRight(
          Effect.map(Clock.currentTimeMillis, (now) => void (quietUntil = now + pause)),
          KeychainFixes.dismissed()
        )
      }),
      Effect.onExit((exit) => {
        flight = undefined
        return Deferred.done(mine.landed, Exit.asVoid(exit))
      }),
      Effect.forkDaemon,
      Effect.map((fiber) => void (mine.fiber = fiber))
    )

  const leave = (mine: Flight) =>
    Effect.suspend(() => {
      mine.waiters -= 1
      if (mine.waiters > 0 || mine.fiber === undefined || !closable()) return Effect.void
      mine.closing = true
      return Effect.asVoid(mine.fiber.interruptAsFork(FiberId.none).pipe(Effect.zipRight(mine.fiber.await)))
    })

  const board = (prompt: Effect.Effect<Answer, KeychainFailure>): Effect.Effect<Flight> =>
    Effect.suspend(() => {
      if (flight === undefined) {
        const mine: Flight = { waiters: 1, closing: false, fiber: undefined, landed: Deferred.unsafeMake(FiberId.none) }
        flight = mine
        return Effect.as(take(prompt, mine), mine)
      }
      const open = flight
      // That one gives no answer any more.
      if (open.closing) return Effect.zipRight(Effect.exit(Deferred.await(open.landed)), board(prompt))
      open.waiters += 1
      return Effect.succeed(open)
    })

  const join: UnlockFlight["join"] = (prompt) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      now < quietUntil
        ? KeychainFixes.dismissed()
        : Effect.acquireUseRelease(board(prompt), ({ landed }) => Deferred.await(landed), leave))

  return { join }
}
