/**
 * What every `Lease` must do for the fibers of one process. Not covered, because it takes a second process: that a dead
 * or silent owner is replaced, and that a replaced one is told so and refused.
 */
import { Deferred, Effect, Either, Exit, Fiber, Option, Scope, TestClock } from "effect"
import { Lease } from "../../infrastructure/storage/local/Lease.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const timeToLive = "30 seconds"

/** An owner of `name` until `release`. */
const owner = (name: string) =>
  Effect.gen(function*() {
    const lease = yield* Lease
    const scope = yield* Effect.acquireRelease(Scope.make(), (open) => Scope.close(open, Exit.void))
    const taken = yield* Scope.extend(lease.tryTake(name, timeToLive), scope)
    yield* ensure(Option.isSome(taken), `the free lease "${name}" could not be taken`)
    return { grant: Option.getOrThrow(taken), release: Scope.close(scope, Exit.void) }
  })

const isFree = (name: string) =>
  Effect.flatMap(Lease, (lease) => Effect.map(Effect.scoped(lease.tryTake(name, timeToLive)), Option.isSome))

export const contract: Contract<Lease> = {
  name: "Lease",
  cases: [
    contractCase(
      "one owner at a time has a name, until its scope closes",
      Effect.gen(function*() {
        const first = yield* owner("a")
        yield* ensure(!(yield* isFree("a")), "a second owner got it")
        yield* first.release
        yield* ensure(yield* isFree("a"), "it is still held")
      })
    ),
    contractCase(
      "names do not exclude each other",
      Effect.gen(function*() {
        yield* owner("a")
        yield* ensure(yield* isFree("b"), "another name is held too")
      })
    ),
    contractCase(
      "of many who ask at once, one gets it",
      Effect.gen(function*() {
        const lease = yield* Lease
        const asked = Array.from({ length: 20 }, () => lease.tryTake("a", timeToLive))
        const taken = yield* Effect.all(asked, { concurrency: "unbounded" })
        const owners = taken.filter(Option.isSome).length
        yield* ensure(owners === 1, `${owners} got it`)
      })
    ),
    contractCase(
      "the fence grows with every taking of a name",
      Effect.gen(function*() {
        const fences: Array<number> = []
        for (const name of ["a", "b", "a", "a"]) {
          const { grant, release } = yield* owner(name)
          fences.push(grant.fence)
          yield* release
        }
        const [first = 0, , second = 0, third = 0] = fences
        yield* ensure(first < second && second < third, `the fences are ${fences.join()}`)
      })
    ),
    contractCase(
      "check succeeds while the lease is held and fails with LeaseLost after",
      Effect.gen(function*() {
        const { grant, release } = yield* owner("a")
        yield* grant.check
        yield* release
        const after = yield* Effect.either(grant.check)
        yield* ensure(Either.isLeft(after) && after.left._tag === "LeaseLost", "it is not refused")
        const next = yield* owner("a")
        yield* next.grant.check
        yield* ensure(Either.isLeft(yield* Effect.either(grant.check)), "the next owner's taking passes for it")
      })
    ),
    contractCase(
      "a held lease outlives its time many times over",
      Effect.gen(function*() {
        const { grant } = yield* owner("a")
        const lost = yield* Effect.fork(grant.lost)
        yield* Effect.repeatN(TestClock.adjust("10 seconds"), 10)
        yield* ensure(!(yield* isFree("a")), "a second owner got it")
        yield* grant.check
        yield* ensure(Option.isNone(yield* Fiber.poll(lost)), "it passes for lost")
        yield* Fiber.interrupt(lost)
      }),
      ["TestClock"]
    ),
    contractCase(
      "take waits until the name is free",
      Effect.gen(function*() {
        const lease = yield* Lease
        const first = yield* owner("a")
        const waiting = yield* Effect.fork(lease.take("a", timeToLive, "1 minute"))
        yield* TestClock.adjust("100 millis")
        yield* ensure(Option.isNone(yield* Fiber.poll(waiting)), "it did not wait")
        yield* first.release
        yield* TestClock.adjust("100 millis")
        const taken = yield* Fiber.poll(waiting)
        yield* ensure(Option.exists(taken, Exit.isSuccess), "it still waits")
      }),
      ["TestClock"]
    ),
    contractCase(
      "take fails with Busy after its deadline, also where it cannot be interrupted",
      Effect.gen(function*() {
        const lease = yield* Lease
        const first = yield* owner("a")
        const waiting = yield* Effect.fork(
          Effect.either(Effect.uninterruptible(Effect.scoped(lease.take("a", timeToLive, "100 millis"))))
        )
        yield* TestClock.adjust("50 millis")
        yield* ensure(Option.isNone(yield* Fiber.poll(waiting)), "it gave up early")
        yield* TestClock.adjust("100 millis")
        const ended = yield* Fiber.poll(waiting)
        yield* first.release
        yield* TestClock.adjust("100 millis")
        yield* ensure(Option.isSome(ended), "it still waits")
        const result = yield* Fiber.join(waiting)
        yield* ensure(Either.isLeft(result) && result.left._tag === "Busy", "it did not fail with Busy")
        yield* ensure(yield* isFree("a"), "it is still held")
      }),
      ["TestClock"]
    ),
    contractCase(
      "an interrupted waiter leaves nothing behind",
      Effect.gen(function*() {
        const lease = yield* Lease
        const first = yield* owner("a")
        const waiting = yield* Effect.fork(Effect.scoped(Effect.zipRight(
          lease.take("a", timeToLive, "1 minute"),
          Effect.never
        )))
        yield* TestClock.adjust("100 millis")
        yield* Fiber.interrupt(waiting)
        yield* first.release
        yield* TestClock.adjust("100 millis")
        yield* ensure(yield* isFree("a"), "it is still held")
      }),
      ["TestClock"]
    ),
    contractCase(
      "an owner that is interrupted gives the name back",
      Effect.gen(function*() {
        const lease = yield* Lease
        const taken = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(Effect.scoped(Effect.gen(function*() {
          yield* lease.take("a", timeToLive, "1 second")
          yield* Deferred.succeed(taken, undefined)
          return yield* Effect.never
        })))
        yield* Deferred.await(taken)
        yield* Fiber.interrupt(fiber)
        yield* ensure(yield* isFree("a"), "it is still held")
      })
    )
  ]
}
