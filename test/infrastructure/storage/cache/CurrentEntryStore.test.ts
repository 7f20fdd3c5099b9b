import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import * as CacheFile from "../../../../src/infrastructure/storage/cache/CacheFile.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import { key, put, remove, served } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

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
})
