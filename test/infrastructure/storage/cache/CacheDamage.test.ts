import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Option } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { EntryStore } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as SqlEntryStore from "../../../../src/infrastructure/storage/cache/SqlEntryStore.ts"
import { entry, expire, key, put, remove, served } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const fileOf = (folder: string, n = 1) => join(folder, `cache.v1.${n}.db`)

const makeStore = (folder: string) => SqlCache.makeStore({ filename: join(folder, "cache.db") })

/** Opened, used and closed. */
const withStore = <A, E>(folder: string, use: (store: EntryStore) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(makeStore(folder), use))

const filled = (folder: string) =>
  withStore(
    folder,
    (store) =>
      store.put(Array.from({ length: 300 }, (_, n) => entry(`key ${n}`, `value ${n} ${"x".repeat(500)}`)), "through")
  )

/** Runs `effect` and gives its warnings. */
const warnings = <E, R>(effect: Effect.Effect<void, E, R>) => {
  const seen: Array<string> = []
  const logger = Logger.make(({ message }) => void seen.push(String(message)))
  return Effect.as(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), seen)
}

const works = (store: EntryStore) =>
  Effect.gen(function*() {
    yield* put(store, "a", "1")
    assert.strictEqual(yield* served(store, "a"), "1")
    yield* expire(store, key("a"))
    assert.strictEqual(yield* served(store, "a"), "1 (expired)")
    yield* remove(store, key("a"))
    assert.strictEqual(yield* served(store, "a"), undefined)
  })

const damages: ReadonlyArray<readonly [string, (filename: string) => void]> = [
  ["is not a database", (filename) => fs.writeFileSync(filename, "not a database ".repeat(1000))],
  ["is half there", (filename) => fs.truncateSync(filename, 40_000)],
  ["has pages of zeros", (filename) => fs.writeFileSync(filename, fs.readFileSync(filename).fill(0, 4096, 4096 * 12))],
  ["has pages of nonsense", (filename) => fs.writeFileSync(filename, fs.readFileSync(filename).fill(0xAB, 4096 * 2))]
]

describe("a cache file that", () => {
  for (const [what, damage] of damages) {
    it.scoped(`${what} when it is opened is replaced, once, with a warning`, () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* filled(folder)
        damage(fileOf(folder))
        const log = yield* warnings(withStore(folder, (store) =>
          Effect.gen(function*() {
            for (let n = 0; n < 300; n += 1) {
              const found = yield* served(store, `key ${n}`)
              assert.isTrue(found === undefined || found.startsWith(`value ${n} `))
            }
            yield* remove(store, key("key 1"))
            yield* works(store)
          })))
        assert.isAtMost(log.length, 1)
        yield* withStore(folder, works)
      }))
  }

  it.scoped("becomes nonsense while it is open is replaced, and nobody is told but the log", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* filled(folder)
      const log = yield* warnings(withStore(folder, (store) =>
        Effect.gen(function*() {
          yield* store.get("key 1")
          fs.writeFileSync(fileOf(folder), fs.readFileSync(fileOf(folder)).fill(0xAB, 0))
          yield* store.put([entry("fresh", "1")], "through")
          for (let n = 0; n < 300; n += 1) yield* served(store, `key ${n}`)
          yield* works(store)
          const changes = yield* store.changes
          assert.isTrue(Option.exists(changes, ({ everything }) => everything))
        })))
      assert.deepStrictEqual(log.length, 1)
      assert.isTrue(fs.existsSync(fileOf(folder, 2)))
      yield* withStore(folder, works)
      assert.isFalse(fs.existsSync(fileOf(folder)), "the damaged file is still there")
      assert.isTrue(fs.existsSync(join(folder, "cache.v1.damaged")))
    }))

  it.scoped("is cut to nothing starts empty", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* filled(folder)
      fs.truncateSync(fileOf(folder), 0)
      yield* withStore(folder, (store) =>
        Effect.gen(function*() {
          assert.strictEqual((yield* store.size).entries, 0)
          yield* works(store)
        }))
    }))

  it.scoped("has nonsense for a log beside it goes by its own", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* filled(folder)
      fs.writeFileSync(`${fileOf(folder)}-wal`, Buffer.alloc(100_000, "left by something else "))
      yield* withStore(folder, (store) =>
        Effect.gen(function*() {
          assert.isTrue((yield* served(store, "key 1"))?.startsWith("value 1 "))
          yield* works(store)
        }))
    }))

  it.scoped("has one changed byte in a value loses that entry alone", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* filled(folder)
      const bytes = fs.readFileSync(fileOf(folder))
      const at = bytes.indexOf("value 7 xxx")
      assert.isAbove(at, 0)
      bytes.write("y", at + 9)
      fs.writeFileSync(fileOf(folder), bytes)
      yield* withStore(folder, (store) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* served(store, "key 7"), undefined)
          assert.strictEqual((yield* store.size).entries, 299)
          assert.isTrue((yield* served(store, "key 8"))?.startsWith("value 8 "))
        }))
    }))

  it.scoped("is removed with its folder while it is open: values are lost, invalidations hold", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const inner = join(folder, "inner")
      yield* filled(inner)
      yield* withStore(inner, (store) =>
        Effect.gen(function*() {
          yield* store.get("key 1")
          fs.rmSync(inner, { recursive: true })
          yield* store.put([entry("fresh", "1")], "through")
          yield* remove(store, key("key 1"))
          assert.strictEqual(yield* served(store, "key 1"), undefined)
          yield* expire(store, key("key 2"))
          assert.notStrictEqual(yield* served(store, "key 2"), `value 2 ${"x".repeat(500)}`)
        }))
    }))

  it.scoped("cannot be made leaves a cache in memory", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(join(folder, "file"), "")
      const log = yield* warnings(withStore(join(folder, "file"), works))
      assert.deepStrictEqual(log.length, 1)
    }))

  it.scoped("was left by the release before layouts goes, unless it is in use", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(join(folder, "cache.db"), "")
      yield* withStore(folder, (store) => Effect.zipRight(Effect.yieldNow(), works(store)))
      assert.isFalse(fs.existsSync(join(folder, "cache.db")))
    }))

  it.scoped("meets the wall makes room once, and then keeps what fits", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = fileOf(folder)
      const store = yield* SqlEntryStore.make({ filename, maxFileBytes: 1024 * 1024 })
      for (let n = 0; n < 400; n += 1) yield* put(store, `key ${n}`, "x".repeat(8000))
      const { entries, evicted } = yield* store.size
      assert.isAbove(evicted, 0)
      assert.isAbove(entries, 50)
      assert.isAtMost(fs.statSync(filename).size, 1024 * 1024)
      yield* put(store, "key 1", "before")
      assert.isTrue(Option.isNone(yield* put(store, "key 1", "x".repeat(3 * 1024 * 1024))))
      assert.strictEqual(yield* served(store, "key 1"), undefined, "a set that found no room left the old value")
    }))
})
