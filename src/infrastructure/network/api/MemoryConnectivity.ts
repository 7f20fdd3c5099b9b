/**
 * `Connectivity` that is told what to say. It also takes what requests show, so that it can stand under a pipeline; offline
 * by that alone it is until the next request, as nothing else here would find out that it is over.
 */
import { Context, Effect, Layer } from "effect"
import { Connectivity } from "../../../domain/network/Connectivity.ts"
import type { ConnectivityState } from "../../../domain/network/Connectivity.ts"
import * as CurrentValue from "./CurrentValue.ts"
import { evidence, Reachability } from "./Reachability.ts"

export class ConnectivitySwitch
  extends Context.Tag("effect-strata/infrastructure/network/api/MemoryConnectivity/ConnectivitySwitch")<
    ConnectivitySwitch,
    { readonly set: (state: ConnectivityState) => Effect.Effect<void> }
  >()
{}

export const make = Effect.map(CurrentValue.make<ConnectivityState>("online"), (known) => {
  let told = false
  let unsent = 0
  const set = (state: ConnectivityState) =>
    Effect.sync(() => {
      told = state === "offline"
      unsent = 0
      known.unsafeSet(state)
    })
  return Context.make(Connectivity, { state: known.get, changes: known.changes }).pipe(
    Context.add(Reachability, {
      reached: Effect.sync(() => {
        unsent = 0
        known.unsafeSet("online")
      }),
      unreachable: Effect.sync(() => {
        if (++unsent >= evidence) known.unsafeSet("offline")
      }),
      wanted: Effect.suspend(() => told ? Effect.void : known.set("online"))
    }),
    Context.add(ConnectivitySwitch, { set })
  )
})

export const layer: Layer.Layer<Connectivity | Reachability | ConnectivitySwitch> = Layer.effectContext(make)
