/**
 * `Connectivity` that is told what to say. It also takes what requests show, so that it can stand under a pipeline; offline
 * by that alone it is until the next request, as nothing else here would find out that it is over.
 */
import { Context, Effect, Layer } from "effect"
import { Connectivity } from "../../../domain/network/Connectivity.ts"
import type { ConnectivityState } from "../../../domain/network/Connectivity.ts"
import * as CurrentValue from "./CurrentValue.ts"
import { judging, Reachability } from "./Reachability.ts"

export class ConnectivitySwitch
  extends Context.Tag("effect-strata/infrastructure/network/api/MemoryConnectivity/ConnectivitySwitch")<
    ConnectivitySwitch,
    { readonly set: (state: ConnectivityState) => Effect.Effect<void> }
  >()
{}

export const make = Effect.map(CurrentValue.make<ConnectivityState>("online"), (known) => {
  let told = false
  const { reached, unreachable } = judging({
    online: () => known.unsafeSet("online"),
    offline: () => known.unsafeSet("offline")
  })
  const set = (state: ConnectivityState) =>
    Effect.suspend(() => {
      told = state === "offline"
      return told ? known.set(state) : reached
    })
  return Context.make(Connectivity, { state: known.get, changes: known.changes }).pipe(
    Context.add(Reachability, {
      reached,
      unreachable,
      wanted: Effect.suspend(() => told ? Effect.void : known.set("online"))
    }),
    Context.add(ConnectivitySwitch, { set })
  )
})

export const layer: Layer.Layer<Connectivity | Reachability | ConnectivitySwitch> = Layer.effectContext(make)
