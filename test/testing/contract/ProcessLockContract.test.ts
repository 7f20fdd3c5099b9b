import { Deferred, Effect, Layer, Option } from "effect"
import * as MemoryProcessLock from "../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import { ProcessLock } from "../../../src/infrastructure/storage/local/ProcessLock.ts"
import * as ProcessLockContract from "../../../src/testing/contract/ProcessLockContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof ProcessLock.Service

const broken = (change: (lock: Service) => Partial<Service>) =>
  Layer.effect(ProcessLock, Effect.map(MemoryProcessLock.make, (lock) => ProcessLock.of({ ...lock, ...change(lock) })))

bites(
  ProcessLockContract.contract,
  "does not exclude",
  broken(() => ({ withLock: () => (effect) => effect }))
)

bites(
  ProcessLockContract.contract,
  "holds every name with one lock",
  broken((lock) => ({
    withLock: (_, deadline) => lock.withLock("all", deadline),
    tryHold: () => lock.tryHold("all")
  }))
)

bites(
  ProcessLockContract.contract,
  "always claims to hold",
  broken(() => ({ tryHold: () => Effect.succeed(Option.some(undefined)) }))
)

bites(
  ProcessLockContract.contract,
  "cuts the effect off at the deadline",
  broken((lock) => ({
    withLock: (name, deadline) => (effect) =>
      lock.withLock(name, deadline)(Effect.timeoutOption(effect, deadline)).pipe(
        Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed }))
      )
  }))
)

bites(
  ProcessLockContract.contract,
  "keeps the name after a failure",
  broken((lock) => ({
    withLock: (name, deadline) => (effect) =>
      Effect.tapError(
        lock.withLock(name, deadline)(effect),
        () => Effect.forkDaemon(lock.withLock(name, "1 hour")(Effect.never))
      )
  }))
)

bites(
  ProcessLockContract.contract,
  "serves first who came last",
  broken((lock) => {
    const asking: Array<Deferred.Deferred<void>> = []
    const next = Effect.suspend(() => {
      const last = asking.pop()
      return last === undefined ? Effect.void : Deferred.succeed(last, undefined)
    })
    let busy = false
    return {
      withLock: (name, deadline) => (effect) =>
        Effect.gen(function*() {
          const turn = yield* Deferred.make<void>()
          asking.push(turn)
          if (!busy) yield* next
          busy = true
          yield* Deferred.await(turn)
          return yield* lock.withLock(name, deadline)(effect)
        }).pipe(Effect.ensuring(Effect.zipRight(Effect.sync(() => (busy = asking.length > 0)), next)))
    }
  })
)

bites(
  ProcessLockContract.contract,
  "lets an interrupted waiter keep its place",
  broken((lock) => ({
    withLock: (name, deadline) => (effect) =>
      Effect.onInterrupt(
        lock.withLock(name, deadline)(effect),
        () => Effect.forkDaemon(lock.withLock(name, "1 hour")(Effect.never))
      )
  }))
)
