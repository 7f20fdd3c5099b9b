import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, TestClock } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { Cache } from "../../../../src/domain/storage/Cache.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as SqlEntryStore from "../../../../src/infrastructure/storage/cache/SqlEntryStore.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as CacheContract from "../../../../src/testing/contract/CacheContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

suite(CacheContract.contract, "sqlite in memory", SqlCache.layer({ filename: ":memory:" }))

suite(
  CacheContract.contract,
  "sqlite file",
  Layer.unwrapScoped(Effect.map(temporaryFolder, (folder) => SqlCache.layer({ filename: join(folder, "cache.db") })))
)

const filenameOf = Effect.map(temporaryFolder, (folder) => join(folder, "cache.db"))

/** The file as another program sees it. */
const rawDatabase = (filename: string) =>
  SqliteLocalDatabase.make({ filename, migrations: SqlEntryStore.migrations, store: "cache" })

const valueOf = (cache: typeof Cache.Service, key: string) =>
  Effect.map(cache.get(key), (found) => Option.getOrUndefined(found)?.value)

/** Runs `effect` and gives its warnings. */
const warnings = <E, R>(effect: Effect.Effect<void, E, R>) => {
  const seen: Array<string> = []
  const logger = Logger.make(({ message }) => void seen.push(String(message)))
  return Effect.as(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), seen)
}

describe("SqlCache", () => {
  it.scoped("entries survive closing and opening", () =>
    Effect.gen(function*() {
      const layer = SqlCache.layer({ filename: yield* filenameOf })
      yield* Effect.provide(Effect.flatMap(Cache, (cache) => cache.set("a", "1", "1 hour")), layer)
      const value = yield* Effect.provide(Effect.flatMap(Cache, (cache) => valueOf(cache, "a")), layer)
      assert.strictEqual(value, "1")
    }))

  it.scoped("two caches on one file see each other's entries and removals", () =>
    Effect.gen(function*() {
      const filename = yield* filenameOf
      const [first, second] = [yield* SqlCache.make({ filename }), yield* SqlCache.make({ filename })]
      yield* first.set("a", "1", "1 hour")
      assert.strictEqual(yield* valueOf(second, "a"), "1")
      yield* second.remove("a")
      assert.strictEqual(yield* valueOf(first, "a"), undefined)
    }))

  it.scoped("what expired goes first, then the oldest, and totals stay exact", () =>
    Effect.gen(function*() {
      const filename = yield* filenameOf
      const cache = yield* SqlCache.make({ filename, maxEntries: 3, maxBytes: 3000 })
      yield* cache.set("old", "1", "1 hour")
      yield* cache.set("expired", "2", "1 second")
      yield* TestClock.adjust("1 minute")
      yield* cache.set("new", "3", "1 hour")
      yield* cache.set("newer", "4", "1 hour")
      assert.strictEqual(yield* valueOf(cache, "old"), "1")
      yield* cache.set("newest", "x".repeat(2500), "1 hour")
      assert.strictEqual(yield* valueOf(cache, "old"), undefined)
      assert.strictEqual(yield* valueOf(cache, "newer"), "4")
      yield* cache.set("newest", "x".repeat(5000), "1 hour")
      assert.strictEqual(yield* valueOf(cache, "newest"), undefined)

      const { sql } = yield* rawDatabase(filename)
      const [kept] = yield* sql`SELECT entries, bytes FROM total`
      const [counted] = yield* sql`SELECT count(*) AS entries, sum(bytes) AS bytes FROM entry`
      assert.deepStrictEqual(kept, counted)
      assert.strictEqual((yield* cache.stats).entries, counted?.["entries"])
    }))

  it.scoped("a file that is not a database is moved aside once, said in the log, and replaced", () =>
    Effect.gen(function*() {
      const filename = yield* filenameOf
      fs.writeFileSync(filename, "not a database ".repeat(1000))
      const log = yield* warnings(Effect.scoped(Effect.gen(function*() {
        const cache = yield* SqlCache.make({ filename })
        yield* cache.set("a", "1", "1 hour")
        assert.strictEqual(yield* valueOf(cache, "a"), "1")
        assert.strictEqual((yield* cache.stats).faults, 0)
      })))
      assert.strictEqual(log.length, 1)
      assert.include(fs.readFileSync(`${filename}.damaged`, "utf8"), "not a database")
      const again = yield* SqlCache.make({ filename })
      assert.strictEqual(yield* valueOf(again, "a"), "1")
    }))

  it.scoped("damage found while it runs is a miss; it goes on in memory and starts empty the next time", () =>
    Effect.gen(function*() {
      const filename = yield* filenameOf
      yield* Effect.scoped(Effect.gen(function*() {
        const cache = yield* SqlCache.make({ filename })
        for (let index = 0; index < 200; index += 1) yield* cache.set(`key ${index}`, "x".repeat(900), "1 hour")
      }))
      const bytes = fs.readFileSync(filename)
      fs.writeFileSync(filename, bytes.fill(0xAB, 4096 * 6))
      const log = yield* warnings(Effect.scoped(Effect.gen(function*() {
        const cache = yield* SqlCache.make({ filename })
        assert.strictEqual(yield* valueOf(cache, "key 150"), undefined)
        const loaded = yield* cache.getOrLoad("key 150", "1 hour", Effect.succeed("fresh"))
        assert.strictEqual(loaded.value, "fresh")
        assert.strictEqual(yield* valueOf(cache, "key 150"), "fresh")
        assert.isAbove((yield* cache.stats).faults, 0)
      })))
      assert.strictEqual(log.length, 1)
      const again = yield* SqlCache.make({ filename })
      assert.strictEqual((yield* again.stats).entries, 0)
      yield* again.set("a", "1", "1 hour")
      assert.strictEqual(yield* valueOf(again, "a"), "1")
      assert.isTrue(fs.existsSync(`${filename}.damaged`))
    }))

  it.scoped("a value that changed on the disk is dropped", () =>
    Effect.gen(function*() {
      const filename = yield* filenameOf
      const cache = yield* SqlCache.make({ filename })
      yield* cache.set("a", "1", "1 hour")
      yield* (yield* rawDatabase(filename)).sql`UPDATE entry SET value = '2'`
      assert.strictEqual(yield* valueOf(cache, "a"), undefined)
      assert.strictEqual((yield* cache.stats).entries, 0)
    }))

  it.scoped("after a write that failed the old value is not served, now or after a restart", () =>
    Effect.gen(function*() {
      const filename = yield* filenameOf
      yield* Effect.scoped(Effect.gen(function*() {
        const cache = yield* SqlCache.make({ filename })
        yield* cache.set("a", "old", "1 hour")
        yield* (yield* rawDatabase(filename)).sql`
          CREATE TRIGGER refuse BEFORE DELETE ON entry BEGIN SELECT raise(FAIL, 'no'); END
        `
        yield* cache.remove("a")
        assert.strictEqual(yield* valueOf(cache, "a"), undefined)
        yield* (yield* rawDatabase(filename)).sql`DROP TRIGGER refuse`
      }))
      const again = yield* SqlCache.make({ filename })
      assert.strictEqual(yield* valueOf(again, "a"), undefined)
    }))

  it.scoped("a file of a newer version is left alone and memory takes its place", () =>
    Effect.gen(function*() {
      const filename = yield* filenameOf
      const next = { id: 2, name: "next", run: () => Effect.void }
      yield* Effect.scoped(
        SqliteLocalDatabase.make({ filename, migrations: [...SqlEntryStore.migrations, next], store: "cache" })
      )
      const before = fs.readFileSync(filename)
      const log = yield* warnings(Effect.scoped(Effect.gen(function*() {
        const cache = yield* SqlCache.make({ filename })
        yield* cache.set("a", "1", "1 hour")
        assert.strictEqual(yield* valueOf(cache, "a"), "1")
      })))
      assert.strictEqual(log.length, 1)
      assert.isTrue(before.equals(fs.readFileSync(filename)))
    }))

  it.scoped("a folder that cannot be made leaves a cache in memory", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(join(folder, "file"), "")
      const log = yield* warnings(Effect.scoped(Effect.gen(function*() {
        const cache = yield* SqlCache.make({ filename: join(folder, "file", "cache.db") })
        yield* cache.set("a", "1", "1 hour")
        assert.strictEqual(yield* valueOf(cache, "a"), "1")
      })))
      assert.strictEqual(log.length, 1)
    }))
})
