import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Logger, Option, TestClock } from "effect"
import type { Scope } from "effect"
import { Busy } from "../../../../src/domain/storage/StorageFailure.ts"
import { LocalDatabase } from "../../../../src/infrastructure/storage/local/LocalDatabase.ts"
import * as ProcessIdentity from "../../../../src/infrastructure/storage/local/ProcessIdentity.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as SqlLease from "../../../../src/infrastructure/storage/local/SqlLease.ts"
import * as LeaseContract from "../../../../src/testing/contract/LeaseContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const database = SqliteLocalDatabase.layer({ filename: ":memory:", migrations: [SqlLease.migration(1)] })

suite(LeaseContract.contract, "sql", Layer.provide(SqlLease.layer, database))

const hour = 3_600_000

/** A row of another owner with a time to live of 30 seconds. */
const foreign = (owner: string, until: number) =>
  Effect.flatMap(
    LocalDatabase,
    ({ sql }) =>
      sql`INSERT INTO lease (name, token, owner, until, time_to_live) VALUES ('a', 'theirs', ${owner}, ${until}, 30000)`
  )

/** In a container of its own, or on another machine. */
const elsewhere = "1|1|elsewhere"

const rows = Effect.flatMap(LocalDatabase, ({ sql }) => sql`SELECT token, until FROM lease`)

const setUp = Effect.gen(function*() {
  const local = yield* LocalDatabase
  yield* TestClock.setTime(100 * hour)
  return { ...local, lease: yield* SqlLease.make(local) }
})

const test = <E>(title: string, body: Effect.Effect<void, E, LocalDatabase | Scope.Scope>) =>
  it.scoped(title, () => Effect.provide(body, database))

describe("SqlLease, the owner's time", () => {
  test(
    "an owner that cannot be seen has the name until its time is over, and not longer",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      yield* foreign(elsewhere, 100 * hour + 30_000)
      yield* TestClock.adjust("29950 millis")
      const waiting = yield* Effect.fork(lease.take("a", "10 seconds", "1 minute"))
      yield* TestClock.adjust("40 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("40 millis")
      const grant = yield* Fiber.join(waiting)
      assert.isAbove(grant.fence, 1)
    })
  )

  test(
    "a dead owner is replaced at once",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      const { own } = yield* ProcessIdentity.make
      const [, , ...place] = own.split("|")
      yield* foreign(["4194305", "1", ...place].join("|"), 100 * hour + 30_000)
      assert.isTrue(Option.isSome(yield* lease.tryTake("a", "10 seconds")))
    })
  )

  test(
    "a clock that was set back gives an owner no more than its time from then on",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      yield* foreign(elsewhere, 9_000 * hour)
      assert.isTrue(Option.isNone(yield* lease.tryTake("a", "10 seconds")))
      yield* TestClock.adjust("29 seconds")
      assert.isTrue(Option.isNone(yield* lease.tryTake("a", "10 seconds")))
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(Option.isSome(yield* lease.tryTake("a", "10 seconds")))
    })
  )

  test(
    "a living owner keeps the name when the clock is set back, and may be replaced when it is set forward",
    Effect.gen(function*() {
      const first = yield* setUp
      const second = yield* SqlLease.make(first)
      const grant = yield* first.lease.take("a", "30 seconds", 0)
      // As if the clock had been set back by an hour since the last renewal.
      yield* first.sql`UPDATE lease SET until = until + ${hour}`
      assert.isTrue(Option.isNone(yield* second.tryTake("a", "30 seconds")))
      yield* Effect.repeatN(TestClock.adjust("10 seconds"), 6)
      yield* grant.check
      assert.isTrue(Option.isNone(yield* second.tryTake("a", "30 seconds")))

      yield* first.sql`UPDATE lease SET until = until - ${hour}`
      const other = yield* second.take("a", "30 seconds", 0)
      assert.isAbove(other.fence, grant.fence)
      assert.strictEqual((yield* Effect.flip(grant.check))._tag, "LeaseLost")
      yield* other.check
    })
  )

  test(
    "a time to live without end is a finite one, and one of nothing is not none",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      yield* lease.take("a", "9000 weeks", 0)
      const [row] = yield* rows
      assert.strictEqual(row?.["until"], 101 * hour)
      yield* lease.take("b", 0, 0)
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* lease.tryTake("b", 0)))
    })
  )
})

describe("SqlLease, an owner that was replaced", () => {
  const replace = Effect.flatMap(
    LocalDatabase,
    ({ sql }) =>
      Effect.zipRight(
        sql`DELETE FROM lease`,
        Effect.flatMap(Clock.currentTimeMillis, (now) => foreign(elsewhere, now + 9_000))
      )
  )

  test(
    "is told so at its next renewal",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      const grant = yield* lease.take("a", "30 seconds", 0)
      const lost = yield* Effect.fork(Effect.flip(grant.lost))
      yield* replace
      yield* TestClock.adjust("10 seconds")
      const failure = yield* Fiber.join(lost)
      assert.strictEqual(failure._tag, "LeaseLost")
      assert.deepStrictEqual((yield* rows).map(({ token }) => token), ["theirs"])
    })
  )

  test(
    "is told so as soon as a check finds it out, and the log once",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel._tag === "Warning") warnings.push(message)
      })
      yield* Effect.gen(function*() {
        const grant = yield* lease.take("a", "30 seconds", 0)
        yield* replace
        yield* Effect.flip(grant.check)
        assert.strictEqual((yield* Effect.flip(grant.lost))._tag, "LeaseLost")
        yield* Effect.flip(grant.check)
        yield* TestClock.adjust("1 minute")
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.strictEqual(warnings.length, 1)
    })
  )

  test(
    "cannot commit a write that checks its fence",
    Effect.gen(function*() {
      const { lease, sql, writeTransaction } = yield* setUp
      yield* sql`CREATE TABLE result (fence INTEGER) STRICT`
      const grant = yield* lease.take("a", "30 seconds", 0)
      const write = writeTransaction(Effect.zipRight(sql`INSERT INTO result VALUES (${grant.fence})`, grant.check))
      yield* write
      yield* replace
      assert.strictEqual((yield* Effect.flip(write))._tag, "LeaseLost")
      assert.strictEqual((yield* sql`SELECT * FROM result`).length, 1)
    })
  )

  test(
    "does not take the lease of its successor along",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      yield* Effect.scoped(Effect.zipRight(lease.take("a", "30 seconds", 0), replace))
      assert.deepStrictEqual((yield* rows).map(({ token }) => token), ["theirs"])
    })
  )
})

describe("SqlLease, asking", () => {
  test(
    "goes on while another process writes, until the deadline",
    Effect.gen(function*() {
      const local = yield* setUp
      const busy = new Busy({ store: "database", operation: "write" })
      let refusals = 3
      const lease = yield* SqlLease.make({
        ...local,
        writeTransaction: (...write) => (refusals -= 1) >= 0 ? Effect.fail(busy) : local.writeTransaction(...write)
      })
      const taking = yield* Effect.fork(lease.take("a", "30 seconds", "1 second"))
      yield* TestClock.adjust("100 millis")
      assert.strictEqual((yield* Fiber.join(taking)).fence, 1)
      refusals = 1_000
      const failing = yield* Effect.fork(Effect.flip(lease.take("b", "30 seconds", "200 millis")))
      yield* TestClock.adjust("300 millis")
      assert.strictEqual((yield* Fiber.join(failing))._tag, "Busy")
      refusals = 0
    })
  )

  test(
    "gives up at its own deadline, not at the database's, and a lease is lost in time while others write",
    Effect.gen(function*() {
      const local = yield* setUp
      let isWritten = false
      const lease = yield* SqlLease.make({
        ...local,
        writeTransaction: (...write) =>
          isWritten
            ? Effect.delay(Effect.fail(new Busy({ store: "database", operation: "write" })), "5 seconds")
            : local.writeTransaction(...write)
      })
      const grant = yield* lease.take("a", "6 seconds", 0)
      isWritten = true
      const failing = yield* Effect.fork(Effect.flip(lease.take("b", "30 seconds", "100 millis")))
      const losing = yield* Effect.fork(Effect.flip(grant.lost))
      yield* TestClock.adjust("100 millis")
      assert.isTrue(Option.isSome(yield* Fiber.poll(failing)))
      assert.strictEqual((yield* Fiber.join(failing))._tag, "Busy")
      // Two attempts at renewal, of five seconds each.
      yield* TestClock.adjust("6900 millis")
      assert.strictEqual((yield* Fiber.join(losing))._tag, "LeaseLost")
      isWritten = false
    })
  )

  test(
    "says nothing of a lease that was given back in good order",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      const said: Array<unknown> = []
      const logger = Logger.make(({ message }) => void said.push(message))
      yield* Effect.gen(function*() {
        const grant = yield* Effect.scoped(lease.take("a", "30 seconds", 0))
        assert.strictEqual((yield* Effect.flip(grant.check))._tag, "LeaseLost")
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.deepStrictEqual(said, [])
    })
  )

  test(
    "needs no interruption to end what it began",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      yield* Effect.uninterruptible(Effect.scoped(lease.take("a", "30 seconds", 0)))
      assert.deepStrictEqual(yield* rows, [])
    })
  )
})

describe("SqlLease, its rows", () => {
  test(
    "a lease that nobody has leaves no row, and its fence is never given again",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      const first = yield* Effect.scoped(lease.take("a", "30 seconds", 0))
      assert.deepStrictEqual(yield* rows, [])
      const second = yield* Effect.scoped(lease.take("a", "30 seconds", 0))
      assert.isAbove(second.fence, first.fence)
    })
  )

  test(
    "an interruption at any moment of the taking leaves no row",
    Effect.gen(function*() {
      const { lease } = yield* setUp
      for (let yields = 0; yields < 40; yields += 1) {
        const fiber = yield* Effect.fork(Effect.scoped(Effect.zipRight(lease.tryTake("a", "30 seconds"), Effect.never)))
        yield* Effect.repeatN(Effect.yieldNow(), yields)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* rows, [])
      }
    })
  )

  test(
    "a taking inside a write transaction that fails is taken back with it",
    Effect.gen(function*() {
      const { lease, writeTransaction } = yield* setUp
      yield* Effect.flip(
        Effect.scoped(writeTransaction(Effect.zipRight(lease.tryTake("a", "30 seconds"), Effect.fail("no"))))
      )
      assert.deepStrictEqual(yield* rows, [])
      assert.isTrue(Option.isSome(yield* lease.tryTake("a", "30 seconds")))
    })
  )
})
