/**
 * What `LocalDatabase` says of snapshots and of live queries.
 */
import { Deferred, Effect, Exit, Fiber, Queue, Stream } from "effect"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"
import { contractCase, ensure } from "../Contract.ts"
import { add, behaviour, hold, names } from "./LocalDatabaseSubject.ts"

/** A snapshot that has looked once, and looks again when it is told to. */
const heldSnapshot = Effect.gen(function*() {
  const { readSnapshot } = yield* LocalDatabase
  const looked = yield* Deferred.make<void>()
  const again = yield* Deferred.make<void>()
  const fiber = yield* Effect.fork(
    readSnapshot(Effect.zip(names, Effect.all([Deferred.succeed(looked, undefined), Deferred.await(again), names])))
  )
  yield* Deferred.await(looked)
  return { fiber, finish: Deferred.succeed(again, undefined) }
})

const snapshotCases = [
  behaviour(
    "all reads of a snapshot see one moment, whatever is committed meanwhile",
    Effect.gen(function*() {
      const { writeTransaction } = yield* LocalDatabase
      yield* writeTransaction(add("a"))
      const { fiber, finish } = yield* heldSnapshot
      const write = yield* Effect.fork(writeTransaction(add("b")))
      for (let turn = 0; turn < 20; turn += 1) yield* Effect.yieldNow()
      yield* finish
      const [before, [, , after]] = yield* Fiber.join(fiber)
      yield* ensure(before === "a" && after === "a", `it saw "${before}", then "${after}"`)
      yield* Fiber.join(write)
      yield* hold("a,b")
    })
  ),
  behaviour(
    "a write inside a snapshot is a defect and leaves nothing behind",
    Effect.gen(function*() {
      const { readSnapshot, writeTransaction } = yield* LocalDatabase
      for (const write of [add("a"), writeTransaction(add("b"))]) {
        const exit = yield* Effect.exit(readSnapshot(write))
        yield* ensure(Exit.isFailure(exit) && exit.cause._tag === "Die", "it is not a defect")
      }
      yield* hold("")
      yield* writeTransaction(add("c"))
      yield* hold("c")
    })
  ),
  behaviour(
    "a snapshot inside a write transaction sees its writes, and one inside another sees the same",
    Effect.gen(function*() {
      const { readSnapshot, writeTransaction } = yield* LocalDatabase
      const inside = yield* writeTransaction(Effect.zipRight(add("a"), readSnapshot(readSnapshot(names))))
      yield* ensure(inside === "a", `it saw "${inside}"`)
      const nested = yield* readSnapshot(readSnapshot(names))
      yield* ensure(nested === "a", `it saw "${nested}"`)
    })
  ),
  behaviour(
    "a snapshot that fails or is interrupted is over",
    Effect.gen(function*() {
      const { readSnapshot, writeTransaction } = yield* LocalDatabase
      const failure = yield* Effect.flip(readSnapshot(Effect.zipRight(names, Effect.fail("no"))))
      yield* ensure(failure === "no", "the failure is lost")
      const { fiber } = yield* heldSnapshot
      yield* Fiber.interrupt(fiber)
      yield* writeTransaction(add("a"))
      const found = yield* readSnapshot(names)
      yield* ensure(found === "a", `the next one saw "${found}"`)
    })
  )
]

/** What a live query of `item` emits, as it comes. */
const emissions = Effect.gen(function*() {
  const { live } = yield* LocalDatabase
  const queue = yield* Queue.unbounded<string>()
  yield* Effect.forkScoped(Stream.runForEach(live(["item"], names), (value) => queue.offer(value)))
  return queue
})

const next = (queue: Queue.Queue<string>, expected: string) =>
  Effect.flatMap(
    Queue.take(queue),
    (found) => ensure(found === expected, `it emitted "${found}" instead of "${expected}"`)
  )

const liveCases = [
  contractCase(
    "a live query gives what is there, and again after every commit that changed its table",
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* LocalDatabase
      yield* writeTransaction(add("a"))
      const queue = yield* emissions
      yield* next(queue, "a")
      yield* writeTransaction(Effect.all([add("b"), add("c")]))
      yield* next(queue, "a,b,c")
      yield* writeTransaction(sql`UPDATE item SET name = 'd' WHERE name = 'a'`)
      yield* next(queue, "b,c,d")
      yield* writeTransaction(sql`DELETE FROM item`)
      yield* next(queue, "")
    })
  ),
  contractCase(
    "a live query says nothing of what was rolled back, and of other tables",
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* LocalDatabase
      const queue = yield* emissions
      yield* next(queue, "")
      yield* Effect.flip(writeTransaction(Effect.zipRight(add("a"), Effect.fail("no"))))
      yield* writeTransaction(sql`INSERT INTO parent (id) VALUES (1)`)
      for (let turn = 0; turn < 20; turn += 1) yield* Effect.yieldNow()
      yield* writeTransaction(add("b"))
      yield* next(queue, "b")
    })
  )
]

export const readCases = [...snapshotCases, ...liveCases]
