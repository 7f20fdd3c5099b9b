import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Fiber, Option, Ref, Stream, TestClock } from "effect"
import { KeyLost, Locked, RolledBack, Tampered } from "../../../../src/domain/storage/SecretFailure.ts"
import { Corrupt, NewerThanApp } from "../../../../src/domain/storage/StorageFailure.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import { KeysetStore } from "../../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as MemoryKeysetStore from "../../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"
import * as PurposeKeysets from "../../../../src/infrastructure/security/encryption/PurposeKeysets.ts"
import { bytes, change, counting, forge, idOf, over, sealedStream, stored, tenTimes, text } from "./keysets.ts"

describe("PurposeKeysets", () => {
  it.effect("reads a purpose's keyset once a minute", () =>
    Effect.gen(function*() {
      const { loads, store } = yield* counting
      const crypto = yield* over(store)
      const use = Effect.gen(function*() {
        for (let round = 0; round < 5; round++) {
          yield* crypto.open("notes", yield* crypto.seal("notes", bytes("x"), bytes("a")), bytes("a"))
        }
      })
      yield* use
      yield* TestClock.adjust("59 seconds")
      yield* use
      assert.strictEqual(yield* Ref.get(loads), 1)
      yield* TestClock.adjust("1 second")
      yield* use
      assert.strictEqual(yield* Ref.get(loads), 2)
    }))

  it.effect("tries again after a failure of the keyset store", () =>
    Effect.gen(function*() {
      const locked = yield* Ref.make(true)
      const store = yield* MemoryKeysetStore.make
      const failing = Effect.flatMap(Ref.get(locked), (now) => now ? new Locked({ fixes: [] }) : Effect.void)
      const crypto = yield* over({
        ...store,
        load: (name) => Effect.zipRight(failing, store.load(name))
      })
      const uses = [
        crypto.seal("notes", bytes("x"), bytes("a")),
        crypto.open("notes", bytes("x"), bytes("a")),
        crypto.derive("notes", bytes("x"), 32),
        crypto.mac("notes", bytes("x")),
        crypto.verify("notes", bytes("x"), bytes("x")),
        Stream.runDrain(crypto.sealStream("notes", Stream.empty, bytes("a"))),
        Stream.runDrain(crypto.openStream("notes", Stream.empty, bytes("a")))
      ]
      for (const use of uses) {
        const failed = yield* Effect.flip(Effect.asVoid<unknown, { readonly _tag: string }, never>(use))
        assert.strictEqual(failed._tag, "Locked")
      }
      yield* Ref.set(locked, false)
      const sealed = yield* crypto.seal("notes", bytes("x"), bytes("a"))
      // A store that is locked later does not take away what is known.
      yield* Ref.set(locked, true)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(text(yield* crypto.open("notes", sealed, bytes("a"))), "x")
    }))

  it.effect("opens at once what another process sealed with a key it introduced since", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const crypto = yield* over(store)
      yield* crypto.seal("notes", bytes("x"), bytes("a"))
      for (let rotation = 0; rotation < 3; rotation++) {
        yield* change(store, "aead/notes", (keyset) => Keyset.rotate(keyset, "AES_256_GCM"))
        const sealed = yield* (yield* over(store)).seal("notes", bytes("y"), bytes("a"))
        assert.strictEqual(text(yield* crypto.open("notes", sealed, bytes("a"))), "y")
      }
      // And seals with the new one from then on.
      const id = idOf(yield* crypto.seal("notes", bytes("x"), bytes("a")))
      assert.strictEqual(id, (yield* stored(store, "aead/notes")).primary)
    }))

  it.effect("opens at once, in many fibers, what another process sealed with a key it introduced since", () =>
    Effect.gen(function*() {
      const { loads, store } = yield* counting
      const crypto = yield* over(store)
      const uses = { seal: crypto.seal("notes", bytes("x"), bytes("a")), mac: crypto.mac("notes", bytes("x")) }
      yield* Effect.all(uses)
      yield* change(store, "aead/notes", (keyset) => Keyset.rotate(keyset, "XAES_256_GCM"))
      yield* store.modify("mac/notes", () => Effect.succeed([undefined, Keyset.generate("HMAC_SHA256")] as const))
      const other = yield* over(store)
      const sealed = yield* other.seal("notes", bytes("y"), bytes("a"))
      const tag = yield* other.mac("notes", bytes("y"))
      const before = yield* Ref.get(loads)
      const opened = yield* tenTimes(crypto.open("notes", sealed, bytes("a")))
      assert.deepStrictEqual(opened.map(text), opened.map(() => "y"))
      assert.notInclude(yield* tenTimes(crypto.verifyMac("notes", bytes("y"), tag)), false)
      assert.strictEqual(yield* Ref.get(loads), before + 2)
    }))

  it.effect("a reading that was interrupted says nothing about a key", () =>
    Effect.gen(function*() {
      const { store } = yield* counting
      const crypto = yield* over(store)
      yield* crypto.seal("notes", bytes("x"), bytes("a"))
      yield* change(store, "aead/notes", (keyset) => Keyset.rotate(keyset, "XAES_256_GCM"))
      const sealed = yield* (yield* over(store)).seal("notes", bytes("y"), bytes("a"))
      const opening = crypto.open("notes", sealed, bytes("a"))
      const first = yield* Effect.fork(opening)
      yield* Effect.yieldNow()
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
      assert.strictEqual(text(yield* opening), "y")
    }))

  it.effect("opens at once a stream that another process sealed with a key it introduced since", () =>
    Effect.gen(function*() {
      const { loads, store } = yield* counting
      const crypto = yield* over(store)
      yield* Stream.runDrain(crypto.openStream("notes", yield* sealedStream(crypto, "x"), bytes("a")))
      yield* store.modify("streaming-aead/notes", (current) =>
        Effect.map(
          Effect.flatMap(current, (keyset) => Keyset.ofPrimitive(keyset, "StreamingAead")),
          (keyset) => [undefined, Keyset.rotate(keyset, "AES_256_GCM_HKDF_4KB")] as const
        ))
      const sealed = yield* sealedStream(yield* over(store), "y")
      const before = yield* Ref.get(loads)
      yield* tenTimes(Stream.runDrain(crypto.openStream("notes", sealed, bytes("a"))))
      assert.strictEqual(yield* Ref.get(loads), before + 2)
    }))

  it.effect("many fibers cause one reading when a minute is over", () =>
    Effect.gen(function*() {
      const { loads, store } = yield* counting
      const crypto = yield* over(store)
      const seal = crypto.seal("notes", bytes("x"), bytes("a"))
      yield* seal
      const before = yield* Ref.get(loads)
      yield* TestClock.adjust("1 minute")
      yield* tenTimes(seal)
      assert.strictEqual(yield* Ref.get(loads), before + 1)
    }))

  it.effect("a reading does not bring back the keyset from before a change of this process", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const slowly = KeysetStore.of({
        ...store,
        load: (name) => Effect.zipLeft(store.load(name), Effect.sleep(10_000))
      })
      yield* store.modify("aead/notes", () => Effect.succeed([undefined, Keyset.generate("XAES_256_GCM")] as const))
      const keysets = yield* PurposeKeysets.make("Aead", "aead", () => Keyset.generate("XAES_256_GCM")).pipe(
        Effect.provideService(KeysetStore, slowly)
      )
      const reading = yield* Effect.fork(keysets.existing("notes"))
      yield* Effect.yieldNow()
      const changing = yield* Effect.fork(keysets.modify("notes", (current) => {
        const rotated = Keyset.rotate(Option.getOrThrow(current), "XAES_256_GCM")
        return [rotated, rotated]
      }))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.join(reading)
      assert.strictEqual(yield* keysets.current("notes"), yield* Fiber.join(changing))
    }))

  it.effect("what is wrong with a keyset for good is not passed over when it is read again", () =>
    Effect.gen(function*() {
      const failures = [
        new NewerThanApp({ store: "keyset", operation: "read" }),
        new Corrupt({ store: "keyset", operation: "read" }),
        new Tampered({ what: "keyset" }),
        new RolledBack(),
        new KeyLost()
      ]
      for (const failure of failures) {
        const store = yield* MemoryKeysetStore.make
        const broken = yield* Ref.make(false)
        const crypto = yield* over({
          ...store,
          load: (name) => Effect.flatMap(Ref.get(broken), (now) => now ? failure : store.load(name))
        })
        const seal = crypto.seal("notes", bytes("x"), bytes("a"))
        const sealed = yield* seal
        yield* Ref.set(broken, true)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* Effect.flip(seal), failure)
        assert.strictEqual(yield* Effect.flip(crypto.open("notes", sealed, bytes("a"))), failure)
      }
    }))

  it.effect("a key that is not known is no forgery while the store is locked", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const locked = yield* Ref.make(false)
      const crypto = yield* over({
        ...store,
        load: (name) => Effect.flatMap(Ref.get(locked), (now) => now ? new Locked({ fixes: [] }) : store.load(name))
      })
      yield* crypto.seal("notes", bytes("x"), bytes("a"))
      yield* change(store, "aead/notes", (keyset) => Keyset.rotate(keyset, "XAES_256_GCM"))
      const sealed = yield* (yield* over(store)).seal("notes", bytes("y"), bytes("a"))
      yield* Ref.set(locked, true)
      assert.strictEqual((yield* Effect.flip(crypto.open("notes", sealed, bytes("a"))))._tag, "Locked")
      yield* Ref.set(locked, false)
      assert.strictEqual(text(yield* crypto.open("notes", sealed, bytes("a"))), "y")
    }))

  it.effect("forged key ids cause one reading a second at most", () =>
    Effect.gen(function*() {
      const { loads, store } = yield* counting
      const crypto = yield* over(store)
      const sealed = yield* crypto.seal("notes", bytes("x"), bytes("a"))
      const tag = yield* crypto.mac("notes", bytes("x"))
      const before = yield* Ref.get(loads)
      const attack = Effect.forEach(Array.from({ length: 100 }, (_, n) => n), (n) =>
        Effect.all([
          Effect.flip(crypto.open("notes", forge(sealed, n), bytes("a"))),
          crypto.verifyMac("notes", bytes("x"), forge(tag, n))
        ]), { concurrency: "unbounded" })
      yield* attack
      assert.strictEqual(yield* Ref.get(loads), before + 2)
      yield* TestClock.adjust("1 second")
      yield* attack
      assert.strictEqual(yield* Ref.get(loads), before + 4)
    }))

  it.effect("a key that another process disabled is not used for longer than a minute", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const crypto = yield* over(store)
      const sealed = yield* crypto.seal("notes", bytes("x"), bytes("a"))
      yield* change(store, "aead/notes", (keyset) =>
        Either.getOrThrow(Keyset.disable(Keyset.rotate(keyset, "XAES_256_GCM"), keyset.primary)))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Effect.flip(crypto.open("notes", sealed, bytes("a"))))._tag, "DecryptionFailed")
      const again = yield* crypto.seal("notes", bytes("x"), bytes("a"))
      assert.notStrictEqual(idOf(again), idOf(sealed))
    }))
})
