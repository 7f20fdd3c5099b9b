import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option } from "effect"
import * as EntryCache from "../../../../src/infrastructure/storage/cache/EntryCache.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import { settle, texts } from "../../../../src/testing/contract/CacheSubject.ts"

describe("a reader that is interrupted", () => {
  it.scoped("while it is told what others did takes none of it with it", () =>
    Effect.gen(function*() {
      const attach = yield* MemoryEntryStore.makeShared()
      const writer = yield* EntryCache.make(yield* attach)
      const told = yield* Deferred.make<void>()
      const store = yield* attach
      const gate = { wait: Effect.void as Effect.Effect<unknown> }
      const changes = Effect.zipLeft(store.changes, Effect.suspend(() => gate.wait))
      const reader = yield* EntryCache.make({ ...store, changes }, { coherence: "strict" })
      yield* writer.set(texts, "a", "1")
      assert.isTrue(Option.isSome(yield* reader.get(texts, "a")))
      yield* writer.remove(texts, "a")
      gate.wait = Deferred.await(told)
      const reading = yield* Effect.fork(reader.get(texts, "a"))
      yield* settle
      const interruption = yield* Effect.fork(Fiber.interrupt(reading))
      yield* settle
      gate.wait = Effect.void
      yield* Deferred.succeed(told, undefined)
      yield* Fiber.join(interruption)
      assert.isTrue(Option.isNone(yield* reader.get(texts, "a")), "what was removed is served from memory")
    }))
})
