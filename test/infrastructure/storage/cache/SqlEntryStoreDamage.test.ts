import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Exit, Option, Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as SqlEntryStore from "../../../../src/infrastructure/storage/cache/SqlEntryStore.ts"
import { key, put, remove, served } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const damage = (filename: string, statement: string) => {
  const database = new Database(filename)
  try {
    database.exec(statement)
  } finally {
    database.close()
  }
}

describe("what is wrong inside a cache file", () => {
  it.scopedLive("a sum that says there is more than there is does not keep making room", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "cache.db")
      const store = yield* SqlEntryStore.make({ filename })
      yield* put(store, "a", "1")
      damage(filename, "UPDATE meta SET bytes = bytes + 1073741824")
      const stored = yield* Effect.timeoutOption(Effect.disconnect(put(store, "b", "1")), "5 seconds")
      assert.isTrue(Option.isSome(stored), "the put has not ended")
      assert.deepStrictEqual(yield* store.size, { entries: 0, bytes: 0, evicted: 2 })
      yield* put(store, "c", "1")
      assert.strictEqual(yield* served(store, "c"), "1")
    }), 20_000)

  it.scopedLive("a row with damaged tags is pushed out like any other", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "cache.db")
      const store = yield* SqlEntryStore.make({ filename, maxEntries: 20 })
      yield* put(store, "first", "1", { tags: ["tag"] })
      yield* served(store, "first")
      damage(filename, "UPDATE entry SET tags = '[\"t#]'")
      for (let index = 0; index < 100; index += 1) yield* put(store, `key ${index}`, "1")
      const { entries } = yield* store.size
      assert.isAtMost(entries, 20)
    }))

  it.scopedLive("writes of which a part is missing make others forget everything", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "cache.db")
      const one = yield* SqlEntryStore.make({ filename })
      const other = yield* SqlEntryStore.make({ filename })
      yield* put(one, "a", "1")
      damage(filename, "UPDATE meta SET recent = x'000102'")
      yield* put(one, "b", "1")
      const changes = yield* other.changes
      assert.isTrue(Option.isSome(changes) && (changes.value.everything || changes.value.keys.includes("a")))
    }))

  it.scopedLive("what comes after closing fails, and nothing takes it for damage", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const scope = yield* Scope.make()
      const store = yield* Scope.extend(SqlCache.makeStore({ filename: join(folder, "cache.db") }), scope)
      yield* put(store, "a", "1")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.exit(store.get("a"))
      yield* Effect.exit(remove(store, key("b")))
      assert.isFalse(fs.existsSync(join(folder, "cache.v1.2.db")))
      assert.isFalse(fs.existsSync(join(folder, "cache.v1")))
      const again = yield* SqlEntryStore.make({ filename: join(folder, "cache.v1.1.db") })
      assert.strictEqual(yield* served(again, "a"), "1")
    }))
})
