import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { randomInt } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import { bundle } from "../../../support/childProgram.ts"
import type { Child, ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { migrations } from "./storageChild.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "storageChild.ts"))
})
afterAll(() => program.remove())

/** A process that ends with the scope at the latest. */
const running = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => program.start(...args)),
    (child) => Effect.sync(() => child.process.kill("SIGKILL"))
  )

const printed = (child: Child, line: string) => Effect.promise(() => child.printed(line))

const ended = (child: Child) => Effect.promise(() => child.ended)

const open = (folder: string) => SqliteLocalDatabase.make({ filename: join(folder, "data.db"), migrations })

/** Starts `what`, kills it at a random moment after its first line, and gives all the lines it finished. */
const killed = (what: string, folder: string) =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* running(what, folder)
    const hasBegun = () => child.lines().length > 0 || child.process.exitCode !== null
    yield* Effect.repeat(Effect.sleep("5 millis"), { until: hasBegun })
    yield* Effect.sleep(randomInt(100))
    child.process.kill("SIGKILL")
    yield* ended(child)
    return child.lines()
  }))

describe("ProcessLock between processes", () => {
  it.scopedLive("a lock is held until its owner is killed, and free at once after that", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const lock = yield* SqliteProcessLock.make({ folder })
      for (let round = 0; round < 10; round += 1) {
        const owner = yield* running("hold", folder)
        yield* printed(owner, "held")
        assert.isTrue(Option.isNone(yield* Effect.scoped(lock.tryHold("a"))))
        owner.process.kill("SIGKILL")
        yield* ended(owner)
        assert.isTrue(Option.isSome(yield* Effect.scoped(lock.tryHold("a"))))
      }
    }))

  it.scopedLive("a waiter gets the lock when its owner is killed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const lock = yield* SqliteProcessLock.make({ folder })
      const owner = yield* running("hold", folder)
      yield* printed(owner, "held")
      const waiting = yield* Effect.fork(lock.withLock("a", "30 seconds")(Effect.succeed("mine")))
      yield* Effect.sleep("100 millis")
      owner.process.kill("SIGKILL")
      assert.strictEqual(yield* waiting, "mine")
    }))

  it.scopedLive("4 processes lose none of 4 x 50 changes", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(join(folder, "number"), "0")
      const children = yield* Effect.all(Array.from({ length: 4 }, () => running("increment", folder, "50")))
      for (const child of children) assert.strictEqual(yield* ended(child), 0)
      assert.strictEqual(fs.readFileSync(join(folder, "number"), "utf8"), "200")
    }))
})

describe("LocalDatabase between processes", () => {
  it.scopedLive("of 4 processes that migrate at once one does, and all find it done", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const children = yield* Effect.all(Array.from({ length: 4 }, () => running("migrate", folder)))
      for (const child of children) {
        assert.strictEqual(yield* ended(child), 0)
        assert.deepStrictEqual(child.lines(), ["2 steps"])
      }
      const { sql } = yield* open(folder)
      assert.deepStrictEqual(yield* sql`SELECT id FROM migrations`, [{ id: 1 }, { id: 2 }])
    }))

  it.scopedLive("a write waits for another process, and this one goes on meanwhile", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { read, sql, writeTransaction } = yield* open(folder)
      const other = yield* running("occupy", folder, "1500")
      yield* printed(other, "occupied")
      let ticks = 0
      yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sync(() => (ticks += 1)), Effect.sleep(5))))
      yield* writeTransaction(sql`INSERT INTO pair (n) VALUES (1)`)
      assert.isAbove(ticks, 30, "the event loop stood still")
      assert.deepStrictEqual(yield* read(sql`SELECT n FROM pair`), [{ n: 1 }])
      assert.strictEqual(yield* ended(other), 0)
    }))

  it.scopedLive("after ten kills while writing every acknowledged write is there, and no half one", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.scoped(open(folder))
      for (let round = 0; round < 10; round += 1) {
        const acknowledged = yield* killed("write", folder)
        yield* Effect.scoped(Effect.gen(function*() {
          const { sql } = yield* open(folder)
          const [last] = yield* sql<{ readonly n: number }>`SELECT max(n) AS n FROM pair`
          assert.isAtLeast(last?.n ?? 0, Number(acknowledged.at(-1)))
          const torn = yield* sql`SELECT n FROM pair GROUP BY n HAVING count(*) <> 2`
          assert.deepStrictEqual(torn, [])
          const [all] = yield* sql<{ readonly count: number }>`SELECT count(DISTINCT n) AS count FROM pair`
          assert.strictEqual(all?.count, last?.n)
          assert.deepStrictEqual(yield* sql`PRAGMA integrity_check`, [{ integrity_check: "ok" }])
        }))
      }
    }))
})

describe("SqlCache between processes", () => {
  it.scopedLive("after ten kills while storing the cache opens, is within its bounds and works", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "cache.db")
      for (let round = 0; round < 10; round += 1) {
        const stored = yield* killed("cache", folder)
        assert.isAbove(stored.length, 0)
        yield* Effect.scoped(Effect.gen(function*() {
          const cache = yield* SqlCache.make({ filename, maxEntries: 50 })
          const { entries, faults } = yield* cache.stats
          assert.isAtMost(entries, 50)
          yield* cache.set("a", String(round), "1 hour")
          assert.strictEqual(Option.getOrThrow(yield* cache.get("a")).value, String(round))
          assert.strictEqual(faults, 0)
        }))
      }
      assert.isFalse(fs.existsSync(`${filename}.damaged`))
    }))
})
