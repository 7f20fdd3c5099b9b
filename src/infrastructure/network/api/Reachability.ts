/**
 * What whoever talks to the backend tells about having reached it.
 */
import { Context } from "effect"
import type { Effect } from "effect"

export class Reachability extends Context.Tag("effect-strata/infrastructure/network/api/Reachability")<
  Reachability,
  {
    /** Something answered, whatever it said. */
    readonly reached: Effect.Effect<void>

    /** A request could not be sent. */
    readonly unreachable: Effect.Effect<void>

    /** Somebody would send a request, were it not known that it cannot be sent: reason to look again soon. */
    readonly wanted: Effect.Effect<void>
  }
>() {}
