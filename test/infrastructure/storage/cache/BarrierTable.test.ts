import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Option } from "effect"
import { join } from "node:path"
import * as SqlEntryStore from "../../../../src/infrastructure/storage/cache/SqlEntryStore.ts"
import { key, put, remove, served } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const barrierLimit = 8

const countBarriers = (filename: string) => {
  const database = new Database(filename, { readonly: true })
  try {
    return database.prepare("SELECT count(*) AS count FROM barrier").get()
  } finally {
    database.close()
  }
}

describe("invalidations beyond what is remembered one by one", () => {
  it.scopedLive("are few in the file, and hold for entries, for loads and for who opens it later", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "cache.db")
      const store = yield* SqlEntryStore.make({ filename, barrierLimit })
      const early = yield* store.generation
      yield* put(store, "tagged", "1", { tags: ["tag"] })
      yield* store.invalidate({ kind: "remove", target: { _tag: "Tag", tag: "tag" } })
      yield* put(store, "kept until now", "1")
      for (let index = 0; index < 100; index += 1) yield* remove(store, key(`key ${index}`))
      yield* put(store, "new", "1", { tags: ["tag"] })
      const later = yield* SqlEntryStore.make({ filename, barrierLimit })
      for (const each of [store, later]) {
        assert.strictEqual(yield* served(each, "tagged"), undefined)
        assert.strictEqual(yield* served(each, "new"), "1")
        assert.isTrue(Option.isNone(yield* put(each, "key 3", "old", { generation: early })))
        assert.isTrue(Option.isNone(yield* put(each, "other", "old", { tags: ["tag"], generation: early })))
        const generation = yield* each.generation
        assert.isTrue(Option.isSome(yield* put(each, "key 3", "loaded", { generation })))
      }
      const { count } = countBarriers(filename) as { readonly count: number }
      assert.isAtMost(count, 2 * barrierLimit)
    }))
})
