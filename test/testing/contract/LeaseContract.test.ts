import { Effect, Exit, Layer, Option, Scope } from "effect"
import { Lease } from "../../../src/infrastructure/storage/local/Lease.ts"
import * as MemoryLease from "../../../src/infrastructure/storage/local/MemoryLease.ts"
import * as LeaseContract from "../../../src/testing/contract/LeaseContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Lease.Service

const broken = (change: (lease: Service) => Partial<Service>) =>
  Layer.effect(Lease, Effect.map(MemoryLease.make, (lease) => Lease.of({ ...lease, ...change(lease) })))

bites(
  LeaseContract.contract,
  "gives a name to everybody",
  broken((lease) => {
    let taken = 0
    return { tryTake: (name, timeToLive) => lease.tryTake(`${name} ${taken += 1}`, timeToLive) }
  })
)

bites(
  LeaseContract.contract,
  "gives every owner the same fence",
  broken((lease) => ({
    tryTake: (name, timeToLive) =>
      Effect.map(lease.tryTake(name, timeToLive), Option.map((grant) => ({ ...grant, fence: 1 })))
  }))
)

bites(
  LeaseContract.contract,
  "never refuses",
  broken((lease) => ({
    tryTake: (name, timeToLive) =>
      Effect.map(lease.tryTake(name, timeToLive), Option.map((grant) => ({ ...grant, check: Effect.void })))
  }))
)

bites(
  LeaseContract.contract,
  "does not renew",
  broken((lease) => ({
    tryTake: (name, timeToLive) =>
      Effect.gen(function*() {
        const scope = yield* Effect.acquireRelease(Scope.make(), (open) => Scope.close(open, Exit.void))
        yield* Effect.forkScoped(Effect.delay(Scope.close(scope, Exit.void), timeToLive))
        return yield* Scope.extend(lease.tryTake(name, timeToLive), scope)
      })
  }))
)

bites(
  LeaseContract.contract,
  "holds every name with one lease",
  broken((lease) => ({ tryTake: (_, timeToLive) => lease.tryTake("all", timeToLive) }))
)

bites(
  LeaseContract.contract,
  "keeps a name that was given back",
  broken((lease) => ({
    tryTake: (name, timeToLive) =>
      Effect.flatMap(Scope.make(), (never) => Scope.extend(lease.tryTake(name, timeToLive), never))
  }))
)

bites(
  LeaseContract.contract,
  "does not wait",
  broken((lease) => ({ take: (name, timeToLive) => lease.take(name, timeToLive, 0) }))
)
