import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, PubSub, Queue, Scope, Stream, TestClock } from "effect"
import { join } from "node:path"
import { Io } from "../../../../src/domain/storage/StorageFailure.ts"
import * as LiveQueries from "../../../../src/infrastructure/storage/local/LiveQueries.ts"
import { LocalDatabase } from "../../../../src/infrastructure/storage/local/LocalDatabase.ts"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const createTables: Migration = {
  id: 1,
  name: "create_tables",
  run: (sql) =>
    Effect.zipRight(
      sql`CREATE TABLE item (n INTEGER NOT NULL) STRICT`,
      Effect.asVoid(sql`CREATE TABLE "it's ""odd""" (n INTEGER NOT NULL) STRICT`)
    )
}

const odd = "it's \"odd\""

const open = (filename: string, migrations: ReadonlyArray<Migration> = [createTables]) =>
  SqliteLocalDatabase.make({ filename, migrations, live: ["item", odd] })

const inFile = Effect.flatMap(temporaryFolder, (folder) => open(join(folder, "data.db")))

const layers = {
  file: Layer.scoped(LocalDatabase, inFile),
  memory: Layer.scoped(LocalDatabase, open(":memory:"))
}

/** How many items there are. */
const count = Effect.flatMap(
  LocalDatabase,
  ({ sql }) =>
    Effect.map(sql<{ readonly count: number }>`SELECT count(*) AS count FROM item`, ([row]) => row?.count ?? -1)
)

const insert = Effect.flatMap(LocalDatabase, ({ sql }) => sql`INSERT INTO item (n) VALUES (1)`)

const commit = Effect.flatMap(LocalDatabase, ({ writeTransaction }) => writeTransaction(insert))

/** What a stream emits, as it comes. */
const emissions = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function*() {
    const queue = yield* Queue.unbounded<A>()
    yield* Effect.forkScoped(Stream.runForEach(stream, (value) => queue.offer(value)))
    return queue
  })

const counts = Effect.flatMap(LocalDatabase, ({ live }) => emissions(live(["item"], count)))

/** Long enough for everybody who was told to look. */
const nothingMore = (queue: Queue.Dequeue<unknown>) =>
  Effect.gen(function*() {
    yield* TestClock.adjust("1 second")
    assert.strictEqual(yield* queue.size, 0)
  })

describe.each(["file", "memory"] as const)("live queries in %s", (kind) => {
  const test = <E>(title: string, body: Effect.Effect<void, E, LocalDatabase | Scope.Scope>) =>
    it.scoped(title, () => Effect.flatMap(Layer.build(layers[kind]), (context) => Effect.provide(body, context)))

  test(
    "emit what is there, and again after each commit that changed it",
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* LocalDatabase
      const seen = yield* counts
      assert.strictEqual(yield* seen.take, 0)
      yield* commit
      assert.strictEqual(yield* seen.take, 1)
      yield* commit
      assert.strictEqual(yield* seen.take, 2)
      yield* writeTransaction(sql`UPDATE item SET n = n + 1`)
      assert.strictEqual(yield* seen.take, 2)
      yield* writeTransaction(sql`DELETE FROM item`)
      assert.strictEqual(yield* seen.take, 0)
      yield* nothingMore(seen)
    })
  )

  test(
    "emit nothing before the commit, and nothing of what was rolled back",
    Effect.gen(function*() {
      const { writeTransaction } = yield* LocalDatabase
      const written = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void, string>()
      const seen = yield* counts
      assert.strictEqual(yield* seen.take, 0)
      const writing = yield* Effect.fork(
        writeTransaction(Effect.all([insert, Deferred.succeed(written, undefined), Deferred.await(finish)]))
      )
      yield* Deferred.await(written)
      yield* nothingMore(seen)
      yield* Deferred.fail(finish, "no")
      yield* Effect.flip(Fiber.join(writing))
      yield* nothingMore(seen)
      yield* commit
      assert.strictEqual(yield* seen.take, 1)
    })
  )

  test(
    "are not run again when another table changes",
    Effect.gen(function*() {
      const { live, sql, writeTransaction } = yield* LocalDatabase
      let runs = 0
      const seen = yield* emissions(live([odd], Effect.zipRight(Effect.sync(() => (runs += 1)), count)))
      assert.strictEqual(yield* seen.take, 0)
      yield* commit
      yield* nothingMore(seen)
      assert.strictEqual(runs, 1)
      yield* writeTransaction(sql`INSERT INTO ${sql(odd)} (n) VALUES (1)`)
      assert.strictEqual(yield* seen.take, 1)
      assert.strictEqual(runs, 2)
    })
  )

  test(
    "give one emission for all that was committed while the reader was busy",
    Effect.gen(function*() {
      const { live } = yield* LocalDatabase
      const busy = yield* Deferred.make<void>()
      const seen = yield* emissions(Stream.tap(live(["item"], count), () => Deferred.await(busy)))
      yield* Effect.repeatN(commit, 19)
      yield* Deferred.succeed(busy, undefined)
      const first = yield* seen.take
      if (first !== 20) assert.strictEqual(yield* seen.take, 20)
      yield* nothingMore(seen)
    })
  )

  test(
    "see a statement that commits by itself within a quarter of a second",
    Effect.gen(function*() {
      const seen = yield* counts
      assert.strictEqual(yield* seen.take, 0)
      yield* insert
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(yield* seen.take, 1)
    })
  )

  test(
    "miss no commit that comes while they begin",
    Effect.gen(function*() {
      const { sql } = yield* LocalDatabase
      for (let yields = 0; yields < 30; yields += 1) {
        yield* Effect.scoped(Effect.gen(function*() {
          yield* sql`DELETE FROM item`
          const seen = yield* counts
          yield* Effect.repeatN(Effect.yieldNow(), yields)
          yield* commit
          if ((yield* seen.take) === 0) assert.strictEqual(yield* seen.take, 1)
        }))
      }
    })
  )

  test(
    "end with the failure of what they read",
    Effect.gen(function*() {
      const { live } = yield* LocalDatabase
      const failing = Effect.filterOrFail(count, (n) => n < 2, () => "too many" as const)
      const reading = yield* Effect.fork(Stream.runCollect(live(["item"], failing)))
      yield* Effect.yieldNow()
      yield* commit
      yield* commit
      assert.strictEqual(yield* Effect.flip(Fiber.join(reading)), "too many")
    })
  )

  test(
    "of a table that is not counted are a defect",
    Effect.gen(function*() {
      const { live } = yield* LocalDatabase
      const exit = yield* Effect.exit(Stream.runDrain(live(["item", "other"], count)))
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
    })
  )
})

describe("live queries and other users of the file", () => {
  it.scoped("see another process's commit within a quarter of a second", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const here = yield* open(filename)
      const other = yield* open(filename)
      const seen = yield* Effect.provideService(counts, LocalDatabase, here)
      assert.strictEqual(yield* seen.take, 0)
      yield* Effect.provideService(commit, LocalDatabase, other)
      yield* Effect.yieldNow()
      assert.strictEqual(yield* seen.size, 0)
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(yield* seen.take, 1)
      yield* nothingMore(seen)
    }))

  it.scoped("go on after a migration that makes their table anew", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* Effect.scoped(open(filename))
      const makeAnew: Migration = {
        id: 2,
        name: "make_item_anew",
        run: (sql) =>
          Effect.gen(function*() {
            yield* sql`CREATE TABLE item_2 (n INTEGER NOT NULL, text TEXT) STRICT`
            yield* sql`DROP TABLE item`
            yield* sql`ALTER TABLE item_2 RENAME TO item`
          })
      }
      const database = yield* open(filename, [createTables, makeAnew])
      const seen = yield* Effect.provideService(counts, LocalDatabase, database)
      assert.strictEqual(yield* seen.take, 0)
      yield* Effect.provideService(commit, LocalDatabase, database)
      assert.strictEqual(yield* seen.take, 1)
    }))

  it.scoped("ask for other processes' commits only while somebody subscribes, however many do", () =>
    Effect.gen(function*() {
      const database = yield* inFile
      let asked = 0
      const version = Effect.sync(() => (asked += 1, 1))
      const commits = yield* PubSub.sliding<void>(1)
      const live = yield* LiveQueries.make({ ...database, tables: ["item"], commits, version })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(asked, 0)
      yield* Effect.scoped(Effect.gen(function*() {
        const two = Array.from({ length: 2 }, () => emissions(live(["item"], count)))
        for (const seen of yield* Effect.all(two)) yield* seen.take
        const before = asked
        yield* TestClock.adjust("1 second")
        assert.strictEqual(asked - before, 4)
      })).pipe(Effect.provideService(LocalDatabase, database))
      const after = asked
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(asked, after)
    }))

  it.scoped("end when their database closes", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const database = yield* Scope.extend(inFile, scope)
      const reading = yield* Effect.fork(Stream.runDrain(database.live(["item"], Effect.void)))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.poll(reading)))
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isSome(yield* Fiber.poll(reading)))
    }))

  it.scoped("tell their reader when the file cannot be read any more", () =>
    Effect.gen(function*() {
      const database = yield* inFile
      const commits = yield* PubSub.sliding<void>(1)
      let gone = false
      const io = new Io({ store: "database", operation: "read" })
      const live = yield* LiveQueries.make({
        sql: database.sql,
        tables: ["item"],
        commits,
        version: Effect.suspend(() => gone ? Effect.fail(io) : Effect.succeed(1)),
        readSnapshot: (reads) => Effect.suspend(() => gone ? Effect.fail(io) : database.readSnapshot(reads))
      })
      const reading = Stream.runDrain(live(["item"], Effect.provideService(count, LocalDatabase, database)))
      const fiber = yield* Effect.fork(Effect.flip(reading))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      gone = true
      yield* TestClock.adjust("250 millis")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Io")
    }))
})
