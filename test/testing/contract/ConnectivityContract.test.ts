import { Effect, Layer, Ref, Stream, SubscriptionRef } from "effect"
import { Connectivity } from "../../../src/domain/network/Connectivity.ts"
import type { ConnectivityState } from "../../../src/domain/network/Connectivity.ts"
import { contract, Line } from "../../../src/testing/contract/ConnectivityContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type State = SubscriptionRef.SubscriptionRef<ConnectivityState>

/** A sound adapter with one part replaced. */
const broken = (
  replace: (state: State) => Partial<typeof Connectivity.Service>,
  set = (state: State, next: ConnectivityState): Effect.Effect<void> =>
    Effect.unlessEffect(Ref.set(state, next), Effect.map(state.get, (now) => now === next))
) =>
  Layer.unwrapEffect(Effect.map(SubscriptionRef.make<ConnectivityState>("online"), (state) =>
    Layer.merge(
      Layer.succeed(Connectivity, { state: state.get, changes: Stream.drop(state.changes, 1), ...replace(state) }),
      Layer.succeed(Line, { cut: set(state, "offline"), restore: set(state, "online") })
    )))

bites(contract, "is always online", broken(() => ({ state: Effect.succeed("online") })))
bites(contract, "starts offline", broken(() => ({ state: Effect.succeed("offline") })))
bites(contract, "tells the current state first", broken((state) => ({ changes: state.changes })))
bites(contract, "repeats itself", broken(() => ({}), (state, next) => Ref.set(state, next)))
