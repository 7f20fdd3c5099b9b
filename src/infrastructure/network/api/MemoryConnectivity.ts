/**
 * `Connectivity` that is told what to say. It also takes what requests show, so that it can stand under a pipeline.
 */
import { Context, Effect, Layer } from "effect"
import { Connectivity } from "../../../domain/network/Connectivity.ts"
import type { ConnectivityState } from "../../../domain/network/Connectivity.ts"
import * as CurrentValue from "./CurrentValue.ts"
import { Reachability } from "./Reachability.ts"

export class ConnectivitySwitch
  extends Context.Tag("effect-strata/infrastructure/network/api/MemoryConnectivity/ConnectivitySwitch")<
    ConnectivitySwitch,
    { readonly set: (state: ConnectivityState) => Effect.Effect<void> }
  >()
{}

export const make = Effect.map(
  CurrentValue.make<ConnectivityState>("online"),
  (known) =>
    Context.make(Connectivity, { state: known.get, changes: known.changes }).pipe(
      Context.add(Reachability, {
        reached: known.set("online"),
        unreachable: known.set("offline"),
        wanted: Effect.void
      }),
      Context.add(ConnectivitySwitch, { set: known.set })
    )
)

export const layer: Layer.Layer<Connectivity | Reachability | ConnectivitySwitch> = Layer.effectContext(make)
