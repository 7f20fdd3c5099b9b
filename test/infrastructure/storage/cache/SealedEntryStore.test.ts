import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, TestClock } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { Crypto } from "../../../../src/domain/security/Crypto.ts"
import { Locked } from "../../../../src/domain/storage/SecretFailure.ts"
import * as MemoryCrypto from "../../../../src/infrastructure/security/encryption/MemoryCrypto.ts"
import type { Entry, EntryStore, NewEntry } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as SealedEntryStore from "../../../../src/infrastructure/storage/cache/SealedEntryStore.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import {
  all,
  entry,
  expire,
  holds,
  key,
  put,
  remove,
  served,
  tag
} from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const inFolder = (folder: string) => ({ filename: join(folder, "cache.db") })

const seal = (inner: EntryStore, by: typeof Crypto.Service) =>
  Effect.provideService(SealedEntryStore.make(inner), Crypto, by)

/** Stores whose rows, and whose keys, somebody else has a hand in. */
const setUp = Effect.gen(function*() {
  const memory = yield* MemoryEntryStore.makeShared()
  const below = yield* memory
  const puts: Array<NewEntry> = []
  const control = { forge: (row: Entry): Entry => row, isLocked: false, asked: 0 }
  const watched: EntryStore = {
    ...below,
    get: (id) => Effect.map(below.get(id), Option.map((row) => control.forge(row))),
    put: (entries, write) => Effect.zipRight(Effect.sync(() => puts.push(...entries)), below.put(entries, write))
  }
  const crypto = yield* Crypto
  const guard = <A, E>(use: Effect.Effect<A, E>): Effect.Effect<A, E | Locked> =>
    Effect.suspend((): Effect.Effect<A, E | Locked> => {
      control.asked += 1
      return control.isLocked ? new Locked({ fixes: [] }) : use
    })
  const guarded = Crypto.of({
    ...crypto,
    seal: (...given) => guard(crypto.seal(...given)),
    open: (...given) => guard(crypto.open(...given)),
    derive: (...given) => guard(crypto.derive(...given))
  })
  const store = yield* seal(watched, guarded)
  const another = Effect.flatMap(memory, (inner) => seal(inner, crypto))
  return { store, below, watched, puts, control, another, crypto }
}).pipe(Effect.provide(MemoryCrypto.layer))

const flipped = (value: Uint8Array, at: number) => value.map((byte, index) => index === at ? byte ^ 1 : byte)

const collected = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const seen: Array<string> = []
  const logger = Logger.make(({ message }) => void seen.push(String(message)))
  return Effect.map(
    Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)),
    (result) => ({ result, seen })
  )
}

describe("a sealed store", () => {
  it.scoped("has no value, key or tag in its files", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const store = yield* SqlCache.makeSealedStore(inFolder(folder))
      yield* put(store, "planted key", "planted value", { tags: ["planted tag"] })
      yield* put(store, "planted other key", "planted value ".repeat(1000))
      yield* remove(store, key("planted removed key"))
      yield* expire(store, tag("planted expired tag"))
      yield* Effect.scoped(store.claim("planted claimed key"))
      yield* holds(store, "planted key", "planted value")
      const files = fs.readdirSync(folder)
      assert.isTrue(files.some((file) => file.endsWith(".db")) && files.some((file) => file.endsWith("-wal")))
      for (const file of files) {
        const content = fs.readFileSync(join(folder, file))
        assert.isFalse(content.includes("planted"), file)
        assert.isFalse(content.includes(Buffer.from("planted").toString("base64").slice(0, 8)), file)
        assert.isFalse(content.includes(Buffer.from("planted").toString("hex")), file)
      }
    }).pipe(Effect.provide(MemoryCrypto.layer)))

  it.scoped("is read again by the next process with the same keys, and by none with others", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const crypto = yield* Crypto
      const open = Effect.provideService(SqlCache.makeSealedStore(inFolder(folder)), Crypto, crypto)
      yield* Effect.scoped(Effect.flatMap(open, (store) => put(store, "a", "1", { tags: ["x"] })))
      yield* Effect.scoped(Effect.flatMap(open, (store) => holds(store, "a", "1")))
      yield* Effect.scoped(
        Effect.flatMap(SqlCache.makeSealedStore(inFolder(folder)), (store) => holds(store, "a", undefined)).pipe(
          Effect.provide(Layer.fresh(MemoryCrypto.layer))
        )
      )
      yield* Effect.scoped(Effect.flatMap(open, (store) =>
        Effect.gen(function*() {
          yield* expire(store, tag("x"))
          yield* holds(store, "a", "1 (expired)")
        })))
    }).pipe(Effect.provide(MemoryCrypto.layer)))

  const other = new Uint8Array(100)
  const forgeries: ReadonlyArray<readonly [string, (row: Entry, stranger: Entry) => Entry]> = [
    ["of another key", (row, stranger) => ({ ...row, value: stranger.value })],
    ["with a byte flipped in its value", (row) => ({ ...row, value: flipped(row.value, row.value.byteLength - 1) })],
    ["with a byte flipped in the name of its key", (row) => ({ ...row, value: flipped(row.value, 2) })],
    ["that says it was a set's", (row) => ({ ...row, value: flipped(row.value, 0) })],
    ["in clear", (row) => ({ ...row, value: new TextEncoder().encode("forged") })],
    ["of nothing", (row) => ({ ...row, value: new Uint8Array(0) })],
    ["of zeros", (row) => ({ ...row, value: other })],
    ["with a later number", (row) => ({ ...row, generation: row.generation + 1 })],
    ["with a later time", (row) => ({ ...row, storedAt: row.storedAt + 1 })],
    ["fresh for longer", (row) => ({ ...row, freshUntil: row.freshUntil + 1 })],
    ["served stale for longer", (row) => ({ ...row, revalidateUntil: row.revalidateUntil + 1 })],
    ["kept for longer", (row) => ({ ...row, keptUntil: row.keptUntil + 1 })],
    ["without its tags", (row) => ({ ...row, tags: [] })],
    ["with another's tags", (row, stranger) => ({ ...row, tags: stranger.tags })]
  ]
  for (const [what, forge] of forgeries) {
    it.effect(`gives nothing for a row ${what}, and removes it`, () =>
      Effect.gen(function*() {
        const { below, control, puts, store } = yield* setUp
        const generation = yield* store.generation
        yield* put(store, "b", "2", { generation, tags: ["y"] })
        yield* put(store, "a", "1", { generation, tags: ["x"] })
        const [stranger, own] = yield* Effect.forEach(
          puts,
          ({ key: id }) => Effect.flatMap(below.get(id), (row) => row)
        )
        if (stranger === undefined || own === undefined) return assert.fail("nothing was stored")
        yield* holds(store, "a", "1")
        control.forge = (row) => forge(row, stranger)
        yield* holds(store, "a", undefined)
        control.forge = (row) => row
        assert.isTrue(Option.isNone(yield* below.get(own.key)))
        yield* holds(store, "a", undefined)
        yield* holds(store, "b", "2")
        assert.isTrue(Option.isSome(yield* put(store, "a", "3", { generation: yield* store.generation })))
        yield* holds(store, "a", "3")
      }))
  }

  it.effect("does not take an older row of a key for its newer one, under whichever number it is put back", () =>
    Effect.gen(function*() {
      for (const raised of [0, 100]) {
        const { below, control, puts, store } = yield* setUp
        yield* put(store, "a", "old", { storedAt: 1000 })
        const old = yield* Effect.flatten(below.get(puts[0]?.key ?? ""))
        yield* put(store, "a", "new", { storedAt: 10_000 })
        yield* holds(store, "a", "new")
        control.forge = () => ({ ...old, generation: old.generation + raised })
        yield* holds(store, "a", undefined)
      }
    }))

  it.effect("gives no load's value back that an invalidation has ended, whatever its number is made", () =>
    Effect.gen(function*() {
      const { below, crypto, puts, store, watched } = yield* setUp
      yield* put(store, "a", "old", { generation: yield* store.generation })
      const old = yield* Effect.flatten(below.get(puts[0]?.key ?? ""))
      yield* remove(store, key("a"))
      // As a process that has met nothing.
      const fresh = yield* seal(watched, crypto)
      yield* below.put([{ ...old, generation: yield* below.generation }], "through")
      yield* holds(fresh, "a", undefined)
      assert.isTrue(Option.isNone(yield* below.get(old.key)))
    }))

  it.effect("tells what others did in the names of this process, and of tags that it never met as they are stored", () =>
    Effect.gen(function*() {
      const { another, store } = yield* setUp
      const one = yield* another
      yield* put(store, "a", "1", { tags: ["x"] })
      yield* holds(one, "a", "1")
      yield* one.changes
      yield* put(store, "a", "2", { tags: ["x"] })
      yield* put(store, "never met", "1")
      yield* expire(store, tag("x"))
      yield* remove(store, key("a"))
      yield* remove(store, key("never met"))
      yield* remove(store, tag("unknown"))
      yield* remove(store, all)
      const changes = yield* Effect.flatten(one.changes)
      assert.deepStrictEqual(changes.keys, ["a"])
      assert.isFalse(changes.everything)
      const targets = changes.barriers.map(({ target }) => target)
      assert.deepStrictEqual([targets[0], targets[1], targets[3]], [tag("x"), key("a"), all])
      assert.match(JSON.stringify(targets[2]), /"Tag","tag":"[\w-]{43}"/)
      yield* put(store, "never met", "2")
      assert.isTrue(Option.isNone(yield* one.changes))
    }))

  it.effect("that is locked misses, stores nothing, removes nothing, and says so once", () =>
    Effect.gen(function*() {
      const { another, below, control, puts, store } = yield* setUp
      yield* put(yield* another, "a", "1")
      control.isLocked = true
      const { seen } = yield* collected(Effect.gen(function*() {
        const generation = yield* store.generation
        yield* holds(store, "a", undefined)
        assert.isTrue(Option.isNone(yield* put(store, "b", "1", { generation })))
        const claim = yield* Effect.flatten(Effect.scoped(store.claim("c")))
        assert.isTrue(Option.isNone(yield* claim.put(entry("c", "1", { generation }))))
        yield* TestClock.adjust("10 seconds")
        yield* holds(store, "a", undefined)
      }))
      assert.deepStrictEqual(seen, ["Nothing is cached while its key cannot be used (Locked)"])
      assert.strictEqual(control.asked, 2)
      assert.deepStrictEqual(puts, [])
      assert.strictEqual((yield* below.size).entries, 1)
      control.isLocked = false
      yield* TestClock.adjust("10 seconds")
      yield* holds(store, "a", "1")
    }))

  it.effect("that becomes locked ends what a set was to replace", () =>
    Effect.gen(function*() {
      const { control, store } = yield* setUp
      yield* put(store, "a", "1")
      yield* put(store, "b", "1")
      control.isLocked = true
      assert.isTrue(Option.isNone(yield* put(store, "a", "2")))
      control.isLocked = false
      yield* TestClock.adjust("10 seconds")
      yield* holds(store, "a", undefined)
      yield* holds(store, "b", "1")
    }))

  it.effect("that is locked from the beginning still invalidates, not knowing what: everything", () =>
    Effect.gen(function*() {
      const { another, control, store } = yield* setUp
      const one = yield* another
      for (const target of [key("a"), tag("x")]) {
        yield* put(one, "a", "1", { tags: ["x"] })
        control.isLocked = true
        yield* expire(store, target)
        assert.strictEqual(yield* served(one, "a"), "1 (expired)")
        yield* remove(store, target)
        assert.strictEqual(yield* served(one, "a"), undefined)
      }
    }))
})
