import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Option, Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as ReplaceableClient from "../../../../src/infrastructure/storage/local/ReplaceableClient.ts"
import * as SqliteFile from "../../../../src/infrastructure/storage/local/SqliteFile.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as WriteTransaction from "../../../../src/infrastructure/storage/local/WriteTransaction.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const createNotes: Migration = {
  id: 1,
  name: "create_notes",
  run: (sql) => Effect.asVoid(sql`CREATE TABLE notes (text TEXT) STRICT`)
}

const opened = (options?: Partial<SqliteLocalDatabase.Options>) =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "data.db")
    return { filename, ...(yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes], ...options })) }
  })

const [NORMAL, FULL] = [1, 2]

/** A connection whose ROLLBACK fails as it does when the disk does, `failures` times. */
const unreliable = (failures: { left: number }) => (raw: Connection): Connection => ({
  ...raw,
  execute: (sql, params, transform) =>
    Effect.suspend(() => {
      if (sql !== "ROLLBACK" || failures.left === 0) return raw.execute(sql, params, transform)
      failures.left -= 1
      return new SqlError({ cause: Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR_WRITE" }) })
    })
})

/** Transactions of a client that can be opened again while `isThere`. */
const replaceable = (failures: { left: number }, disk: { isThere: boolean }) =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "data.db")
    const gone = new SqlError({ cause: Object.assign(new Error("gone"), { code: "ENOENT" }) })
    const opening = SqliteFile.connect({ filename, store: "database", journalMode: "WAL", synchronous: "FULL" }).pipe(
      Effect.mapBoth({ onSuccess: unreliable(failures), onFailure: ({ cause }) => new SqlError({ cause }) })
    )
    const connect = Effect.suspend(() => disk.isThere ? opening : gone)
    const client = yield* ReplaceableClient.make({ connect, reconnect: connect })
    yield* client.sql`CREATE TABLE notes (text TEXT) STRICT`
    const { transact } = WriteTransaction.make({
      ...client,
      store: "database",
      deadline: "1 second",
      synchronous: "FULL",
      verify: Effect.void,
      committed: Effect.void
    })
    const write = (text: string) => client.sql`INSERT INTO notes VALUES (${text})`
    return { ...client, transact, write, all: client.sql`SELECT text FROM notes` }
  })

describe("writeTransaction", () => {
  it.scoped("a relaxed one is synchronous = NORMAL, and everything around it FULL", () =>
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* opened()
      const level = Effect.map(sql`PRAGMA synchronous`, ([row]) => row?.["synchronous"])
      for (let round = 0; round < 3; round += 1) {
        assert.strictEqual(yield* writeTransaction(level), FULL)
        assert.strictEqual(yield* writeTransaction(level, { durability: "relaxed" }), NORMAL)
        assert.strictEqual(yield* level, FULL)
        assert.strictEqual(yield* writeTransaction(level, { durability: "durable" }), FULL)
      }
      yield* Effect.flip(writeTransaction(Effect.fail("no"), { durability: "relaxed" }))
      assert.strictEqual(yield* level, FULL)
      const nested = writeTransaction(writeTransaction(level, { durability: "durable" }), { durability: "relaxed" })
      assert.strictEqual(yield* nested, NORMAL)
    }))

  it.scoped("a file that is relaxed otherwise has durable ones too", () =>
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* opened({ synchronous: "NORMAL" })
      const level = Effect.map(sql`PRAGMA synchronous`, ([row]) => row?.["synchronous"])
      assert.strictEqual(yield* writeTransaction(level), NORMAL)
      assert.strictEqual(yield* writeTransaction(level, { durability: "durable" }), FULL)
      assert.strictEqual(yield* level, NORMAL)
    }))

  it.scoped("a durable one into a file that nobody would find again fails, and one that was put there is not touched", () =>
    Effect.gen(function*() {
      const { filename, sql, writeTransaction } = yield* opened()
      const write = writeTransaction(sql`INSERT INTO notes VALUES ('a')`)
      yield* write
      fs.renameSync(filename, `${filename}.moved`)
      assert.strictEqual((yield* Effect.flip(write))._tag, "Io")
      fs.writeFileSync(filename, "somebody else's")
      assert.strictEqual((yield* Effect.flip(write))._tag, "Io")
      assert.strictEqual(fs.readFileSync(filename, "utf8"), "somebody else's")
      fs.renameSync(`${filename}.moved`, filename)
      yield* write
    }))

  it.scoped("a statement outside keeps its turn until it is done: none gets into another fiber's transaction", () =>
    Effect.gen(function*() {
      const { read, sql, writeTransaction } = yield* opened()
      const alone = Effect.forEach(Array.from({ length: 300 }), () => sql`INSERT INTO notes VALUES ('alone')`)
      const undone = Effect.flip(
        writeTransaction(Effect.zipRight(sql`INSERT INTO notes VALUES ('undone')`, Effect.fail("no")))
      )
      yield* Effect.all([alone, Effect.replicateEffect(undone, 300), alone], { concurrency: "unbounded" })
      const rows = yield* read(sql`SELECT text, count(*) AS count FROM notes GROUP BY text`)
      assert.deepStrictEqual(rows, [{ text: "alone", count: 600 }])
    }))

  it.scoped("after a ROLLBACK that failed the connection is a new one, and nothing of the old transaction is there", () =>
    Effect.gen(function*() {
      const { all, transact, write } = yield* replaceable({ left: 1 }, { isThere: true })
      yield* transact(write("a"))
      assert.strictEqual(yield* Effect.flip(transact(Effect.zipRight(write("b"), Effect.fail("no")))), "no")
      assert.deepStrictEqual(yield* all, [{ text: "a" }])
      yield* transact(write("c"))
      assert.deepStrictEqual(yield* all, [{ text: "a" }, { text: "c" }])
    }))

  it.scoped("while it cannot be opened again every use fails, and it works again once it can", () =>
    Effect.gen(function*() {
      const disk = { isThere: true }
      const { all, transact, write } = yield* replaceable({ left: 1 }, disk)
      yield* transact(write("a"))
      disk.isThere = false
      yield* Effect.flip(transact(Effect.fail("no")))
      assert.propertyVal((yield* Effect.flip(all)).cause, "code", "ENOENT")
      assert.propertyVal((yield* Effect.flip(transact(write("b")))).cause, "code", "ENOENT")
      disk.isThere = true
      yield* transact(write("c"))
      assert.deepStrictEqual(yield* all, [{ text: "a" }, { text: "c" }])
    }))

  it.scoped("a lost connection to memory is not replaced by an empty one", () =>
    Effect.gen(function*() {
      const { discard, sql } = yield* SqliteFile.open({
        filename: ":memory:",
        store: "database",
        journalMode: "WAL",
        synchronous: "FULL"
      })
      yield* discard
      assert.propertyVal((yield* Effect.flip(sql`SELECT 1`)).cause, "code", "ENOENT")
    }))

  it.scoped("what comes after the database was closed is a defect, and does not open it again", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const { read, sql, writeTransaction } = yield* Effect.scoped(
        SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      )
      for (const late of [read(sql`SELECT 1`), writeTransaction(sql`SELECT 1`)]) {
        const exit = yield* Effect.exit(late)
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      }
      assert.deepStrictEqual(fs.readdirSync(join(filename, "..")), ["data.db"])
    }))

  it.scoped("a database closes while something waits for its turn", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { sql, writeTransaction } = yield* Scope.extend(opened(), scope)
      const holding = yield* Deferred.make<void>()
      const writing = yield* Effect.fork(
        writeTransaction(Effect.zipRight(Deferred.succeed(holding, undefined), Effect.never))
      )
      yield* Deferred.await(holding)
      const waiting = yield* Effect.fork(sql`SELECT 1`)
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.interrupt(writing)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(waiting)))
    }))
})

describe("refuseInside", () => {
  const request = WriteTransaction.refuseInside("A request")

  it.scoped("is a defect inside a write transaction, and nothing anywhere else", () =>
    Effect.gen(function*() {
      const { readSnapshot, writeTransaction } = yield* opened()
      yield* request
      yield* readSnapshot(request)
      const exit = yield* Effect.exit(writeTransaction(request))
      assert.isTrue(Exit.isFailure(exit))
      const defect = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.dieOption(exit.cause)) : undefined
      assert.include(String(defect), "A request inside a write transaction")
      const other = yield* opened()
      assert.isTrue(Exit.isFailure(yield* Effect.exit(writeTransaction(other.readSnapshot(request)))))
    }))

  it.scoped("does not refuse a fiber that outlives the transaction it was started in", () =>
    Effect.gen(function*() {
      const { writeTransaction } = yield* opened()
      const go = yield* Deferred.make<void>()
      const late = yield* writeTransaction(Effect.forkDaemon(Effect.zipRight(Deferred.await(go), request)))
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(late)
    }))
})
