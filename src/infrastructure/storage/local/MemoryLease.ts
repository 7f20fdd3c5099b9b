/**
 * `Lease` between the users of one layer, who cannot be paused one by one: who has a name keeps it for as long as its
 * scope is open.
 */
import { Effect, Layer, Option } from "effect"
import * as HeldResource from "./HeldResource.ts"
import { Lease, LeaseLost } from "./Lease.ts"
import type { Grant } from "./Lease.ts"
import * as LeasePolling from "./LeasePolling.ts"
import * as NamedMutex from "./NamedMutex.ts"

export const make = Effect.map(NamedMutex.make, (mutex) => {
  let fences = 0
  const tryTake = (name: string) =>
    Effect.gen(function*() {
      if (!(yield* mutex.tryTake(name))) return Option.none<Grant>()
      let held = true
      yield* Effect.addFinalizer(() => Effect.sync(() => void (held = false)))
      return Option.some<Grant>({
        fence: fences += 1,
        check: Effect.suspend(() => held ? Effect.void : new LeaseLost({ name })),
        lost: Effect.never
      })
    }).pipe(HeldResource.orNothing)
  return Lease.of({ tryTake, take: LeasePolling.take(tryTake) })
})

/** Building it again gives an independent set of leases. */
export const layer: Layer.Layer<Lease> = Layer.effect(Lease, make)
