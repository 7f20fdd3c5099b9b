/**
 * What whoever talks to the backend tells about having reached it.
 */
import { Context, Effect } from "effect"

/** Failures to send in a row that are enough: one may be a connection that went away at the wrong moment. */
const evidence = 2

export class Reachability extends Context.Tag("effect-strata/infrastructure/network/api/Reachability")<
  Reachability,
  {
    /** Something answered, whatever it said: what could not be sent before counts no more. */
    readonly reached: Effect.Effect<void>

    /** A request could not be sent. Those of all who tell count together. */
    readonly unreachable: Effect.Effect<void>

    /** Somebody would send a request, were it not known that it cannot be sent: reason to look again soon. */
    readonly wanted: Effect.Effect<void>
  }
>() {}

/** Judges what is told, each time in one operation: whoever tells may be interrupted, and others tell meanwhile. */
export const judging = (found: { readonly online: () => void; readonly offline: () => void }) => {
  let unsent = 0
  return {
    reached: Effect.sync(() => {
      unsent = 0
      found.online()
    }),
    unreachable: Effect.sync(() => {
      if (++unsent >= evidence) found.offline()
    })
  }
}
