import { Effect, Layer, Option } from "effect"
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
