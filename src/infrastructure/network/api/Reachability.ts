/**
 * What whoever talks to the backend tells about having reached it.
 */
import { Context } from "effect"
import type { Effect } from "effect"

/** Failures to send in a row that are enough: one may be a connection that went away at the wrong moment. */
export const evidence = 2

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
