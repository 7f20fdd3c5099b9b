import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { Corrupt } from "../../../../src/domain/storage/StorageFailure.ts"
import * as CacheFile from "../../../../src/infrastructure/storage/cache/CacheFile.ts"
import * as CurrentEntryStore from "../../../../src/infrastructure/storage/cache/CurrentEntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import { key, put, remove, served } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const damaged = () => new Corrupt({ store: "cache", operation: "read", cause: undefined })

describe("a cache file that is not the one in use any more", () => {
  it.scoped("is left by a process under which it was removed, when another one makes a new one", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const open = SqlCache.makeStore({ filename: join(folder, "cache.db") })
      const left = yield* open
      yield* put(left, "a", "old")
      for (const each of fs.readdirSync(folder)) fs.rmSync(join(folder, each))
      const other = yield* open
      yield* remove(other, key("a"))
      yield* left.changes
      assert.strictEqual(yield* served(left, "a"), undefined)
      yield* put(other, "b", "1")
      assert.strictEqual(yield* served(left, "b"), "1")
      yield* remove(left, key("b"))
      assert.strictEqual(yield* served(other, "b"), undefined)
      assert.deepStrictEqual(fs.readdirSync(folder).filter((each) => each.endsWith(".discarded")), [])
    }))

  it.scoped("is told from one that has the same inode", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const files = CacheFile.make(join(folder, "cache.db"))
      const stamps: Array<string | undefined> = []
      for (const n of [1, 2, 3, 4]) {
        yield* files.replace(n, "discarded")
        const pointer = join(folder, "cache.v1")
        fs.utimesSync(pointer, n, n)
        stamps.push(yield* files.stamp)
      }
      assert.strictEqual(new Set(stamps).size, 4)
    }))

  it.scoped("is replaced, with a warning, by the first process that finds it damaged", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "cache.db")
      const seen: Array<string> = []
      const logger = Logger.make(({ message }) => void seen.push(String(message)))
      const memory = yield* MemoryEntryStore.make()
      const open = CurrentEntryStore.make({
        files: CacheFile.make(filename),
        open: (name) => Effect.succeed(name.endsWith(".1.db") ? { ...memory, get: damaged } : memory)
      })
      const both = [yield* open, yield* open]
      for (const one of both) yield* one.get("a").pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.strictEqual(seen.length, 1)
    }))
})
