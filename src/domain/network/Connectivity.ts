/**
 * Whether the backend can be reached, learnt from what requests do.
 */
import { Context, Schema } from "effect"
import type { Effect, Stream } from "effect"

export const ConnectivityState = Schema.Literal("online", "offline")
export type ConnectivityState = typeof ConnectivityState.Type

export class Connectivity extends Context.Tag("effect-strata/domain/network/Connectivity")<
  Connectivity,
  {
    /** The last thing known; "online" until something shows otherwise. */
    readonly state: Effect.Effect<ConnectivityState>

    /** Each change from now on, never the same state twice in a row. */
    readonly changes: Stream.Stream<ConnectivityState>
  }
>() {}
