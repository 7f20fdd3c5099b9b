/**
 * What every `ProcessLock` must do for the fibers of one process. Not covered, because it takes processes: exclusion
 * between them, and that the death of an owner frees its locks.
 */
import { Deferred, Effect, Either, Exit, Fiber, Option, Ref, TestClock } from "effect"
import { ProcessLock } from "../../infrastructure/storage/local/ProcessLock.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** A holder of `name` that goes on until `release`. */
const holder = (name: string) =>
  Effect.gen(function*() {
    const lock = yield* ProcessLock
    const held = yield* Deferred.make<void>()
    const release = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(
      lock.withLock(name, "10 seconds")(Effect.zipRight(Deferred.succeed(held, undefined), Deferred.await(release)))
    )
    yield* Deferred.await(held)
    return { fiber, release: Effect.zipRight(Deferred.succeed(release, undefined), Fiber.join(fiber)) }
  })

/** Lets every fiber go as far as it can. */
const settle = Effect.repeatN(Effect.yieldNow(), 50)

/** Starts one waiter after the other, each once the one before it waits; `served` tells who held the name, in order. */
const waiters = (name: string, ids: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const lock = yield* ProcessLock
    const served = yield* Ref.make<ReadonlyArray<string>>([])
    const fibers = yield* Effect.forEach(ids, (id) =>
      Effect.zipLeft(
        Effect.fork(lock.withLock(name, "10 seconds")(Ref.update(served, (before) => [...before, id]))),
        settle
      ))
    return { fibers, served: Effect.zipRight(Fiber.awaitAll(fibers), Ref.get(served)) }
  })

const isFree = (name: string) =>
  Effect.flatMap(ProcessLock, (lock) => Effect.map(Effect.scoped(lock.tryHold(name)), Option.isSome))

export const contract: Contract<ProcessLock> = {
  name: "ProcessLock",
  cases: [
    contractCase(
      "withLock gives the effect's result and frees the name",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const exit = yield* Effect.exit(lock.withLock("a", "1 second")(Effect.succeed(42)))
        yield* ensure(Exit.isSuccess(exit) && exit.value === 42, "the result is lost")
        yield* ensure(yield* isFree("a"), "the name is still held")
      })
    ),
    contractCase(
      "withLock gives the effect's failure and frees the name",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const failure = yield* Effect.flip(lock.withLock("a", "1 second")(Effect.fail("no")))
        yield* ensure(failure === "no", "the failure is lost")
        yield* ensure(yield* isFree("a"), "the name is still held")
      })
    ),
    contractCase(
      "withLock frees the name after a defect",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const exit = yield* Effect.exit(lock.withLock("a", "1 second")(Effect.dieMessage("bug")))
        yield* ensure(Exit.isFailure(exit), "the defect is lost")
        yield* ensure(yield* isFree("a"), "the name is still held")
      })
    ),
    contractCase(
      "holders of one name exclude each other",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const inside = yield* Ref.make(0)
        const most = yield* Ref.make(0)
        const work = Effect.gen(function*() {
          const now = yield* Ref.updateAndGet(inside, (n) => n + 1)
          yield* Ref.update(most, (n) => Math.max(n, now))
          yield* Effect.yieldNow()
          yield* Ref.update(inside, (n) => n - 1)
        })
        yield* Effect.all(Array.from({ length: 50 }, () => lock.withLock("a", "1 minute")(work)), {
          concurrency: "unbounded"
        })
        yield* ensure((yield* Ref.get(most)) === 1, `${yield* Ref.get(most)} were inside at once`)
      })
    ),
    contractCase(
      "different names do not exclude each other",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const result = yield* lock.withLock("a", "1 second")(lock.withLock("b", "1 second")(Effect.succeed(1)))
        yield* ensure(result === 1, "the inner effect did not run")
      })
    ),
    contractCase(
      "withLock fails with Busy after its deadline and does not run the effect",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const ran = yield* Ref.make(false)
        const first = yield* holder("a")
        const waiting = yield* Effect.fork(Effect.either(lock.withLock("a", "5 seconds")(Ref.set(ran, true))))
        yield* TestClock.adjust("4 seconds")
        yield* ensure(Option.isNone(yield* Fiber.poll(waiting)), "it gave up early")
        yield* TestClock.adjust("2 seconds")
        const result = yield* Fiber.join(waiting)
        yield* ensure(Either.isLeft(result) && result.left._tag === "Busy", "it did not fail with Busy")
        yield* first.release
        yield* ensure(!(yield* Ref.get(ran)), "the effect ran")
        yield* ensure(yield* isFree("a"), "the name is still held")
      }),
      ["TestClock"]
    ),
    contractCase(
      "withLock gives up at its deadline where it cannot be interrupted too",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const first = yield* holder("a")
        const waiting = yield* Effect.fork(
          Effect.either(Effect.uninterruptible(lock.withLock("a", "5 seconds")(Effect.void)))
        )
        yield* TestClock.adjust("6 seconds")
        const ended = yield* Fiber.poll(waiting)
        yield* first.release
        yield* ensure(Option.isSome(ended), "it still waits")
        const result = yield* Fiber.join(waiting)
        yield* ensure(Either.isLeft(result) && result.left._tag === "Busy", "it did not fail with Busy")
        yield* ensure(yield* isFree("a"), "the name is still held")
      }),
      ["TestClock"]
    ),
    contractCase(
      "an effect may hold the name for longer than the deadline",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const held = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(
          lock.withLock("a", "1 second")(Effect.zipRight(Deferred.succeed(held, undefined), Effect.sleep("1 minute")))
        )
        yield* Deferred.await(held)
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(fiber)
      }),
      ["TestClock"]
    ),
    contractCase(
      "interrupting the holder frees the name",
      Effect.gen(function*() {
        const { fiber } = yield* holder("a")
        yield* Fiber.interrupt(fiber)
        yield* ensure(yield* isFree("a"), "the name is still held")
      })
    ),
    contractCase(
      "an interrupted waiter leaves nothing behind",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const first = yield* holder("a")
        const waiting = yield* Effect.fork(lock.withLock("a", "1 minute")(Effect.void))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(waiting)
        yield* first.release
        yield* ensure(yield* isFree("a"), "the name is still held")
      })
    ),
    contractCase(
      "waiters hold the name in the order in which they asked",
      Effect.gen(function*() {
        const first = yield* holder("a")
        const { served } = yield* waiters("a", ["b", "c", "d", "e"])
        yield* first.release
        const order = (yield* served).join("")
        yield* ensure(order === "bcde", `the order is ${order}`)
      })
    ),
    contractCase(
      "an interrupted waiter holds up nobody behind it",
      Effect.gen(function*() {
        const first = yield* holder("a")
        const { fibers, served } = yield* waiters("a", ["b", "c", "d"])
        const [second] = fibers
        if (second !== undefined) yield* Fiber.interrupt(second)
        yield* first.release
        const order = (yield* served).join("")
        yield* ensure(order === "cd", `the order is ${order}`)
        yield* ensure(yield* isFree("a"), "the name is still held")
      })
    ),
    contractCase(
      "a waiter that gave up at its deadline holds up nobody behind it",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        const first = yield* holder("a")
        const hasty = yield* Effect.fork(Effect.either(lock.withLock("a", "1 second")(Effect.void)))
        yield* settle
        const { served } = yield* waiters("a", ["b", "c"])
        yield* TestClock.adjust("2 seconds")
        yield* ensure(Either.isLeft(yield* Fiber.join(hasty)), "it did not give up")
        yield* first.release
        const order = (yield* served).join("")
        yield* ensure(order === "bc", `the order is ${order}`)
      }),
      ["TestClock"]
    ),
    contractCase(
      "tryHold holds until its scope closes",
      Effect.gen(function*() {
        const lock = yield* ProcessLock
        yield* Effect.scoped(
          Effect.gen(function*() {
            yield* ensure(Option.isSome(yield* lock.tryHold("a")), "a free name could not be taken")
            yield* ensure(Option.isNone(yield* lock.tryHold("a")), "a held name was taken")
          })
        )
        yield* ensure(yield* isFree("a"), "the name is still held")
      })
    ),
    contractCase(
      "tryHold does not wait for a holder",
      Effect.gen(function*() {
        const first = yield* holder("a")
        yield* ensure(!(yield* isFree("a")), "a held name was taken")
        yield* first.release
        yield* ensure(yield* isFree("a"), "the name is still held")
      })
    )
  ]
}
