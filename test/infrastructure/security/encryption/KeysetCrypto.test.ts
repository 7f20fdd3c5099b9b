import { assert, describe, it } from "@effect/vitest"
import {
  Chunk,
  Effect,
  Either,
  Exit,
  Fiber,
  Layer,
  Metric,
  MetricState,
  Option,
  Redacted,
  Ref,
  Stream,
  TestClock
} from "effect"
import { Crypto } from "../../../../src/domain/security/Crypto.ts"
import { KeyLost, Locked, RolledBack, Tampered } from "../../../../src/domain/storage/SecretFailure.ts"
import { Corrupt, NewerThanApp } from "../../../../src/domain/storage/StorageFailure.ts"
import * as Aead from "../../../../src/infrastructure/security/encryption/Aead.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as KeysetCrypto from "../../../../src/infrastructure/security/encryption/KeysetCrypto.ts"
import { KeysetStore } from "../../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as MemoryKeysetStore from "../../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"
import * as PurposeKeysets from "../../../../src/infrastructure/security/encryption/PurposeKeysets.ts"
import * as CryptoContract from "../../../../src/testing/contract/CryptoContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(CryptoContract.contract, "keyset", Layer.provide(KeysetCrypto.layer, MemoryKeysetStore.layer))

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array) => Buffer.from(data).toString()

type Store = typeof KeysetStore.Service

const over = (store: Store) => Effect.provideService(KeysetCrypto.make, KeysetStore, store)

/** A store that counts how often keysets are read from it, which takes a while. */
const counting = Effect.gen(function*() {
  const store = yield* MemoryKeysetStore.make
  const loads = yield* Ref.make(0)
  const load: Store["load"] = (name) =>
    Ref.update(loads, (n) => n + 1).pipe(Effect.zipRight(store.load(name)), Effect.zipLeft(Effect.yieldNow()))
  return { store: KeysetStore.of({ ...store, load }), loads }
})

const stored = (store: Store, name: string) => Effect.map(store.load(name), Option.getOrThrow)

/** Changes a keyset as another process would. */
const change = (store: Store, name: string, how: (keyset: Keyset.Keyset<"Aead">) => Keyset.Keyset) =>
  store.modify(name, (current) =>
    Effect.map(
      Effect.flatMap(current, (keyset) => Keyset.ofPrimitive(keyset, "Aead")),
      (keyset) => [undefined, how(keyset)] as const
    ))

const forge = (data: Uint8Array, n: number) => data.with(1, n).with(2, n)
const idOf = (data: Uint8Array) => Buffer.from(data).readUInt32BE(1)
const run = <E>(stream: Stream.Stream<Uint8Array, E>) => Effect.flip(Stream.runDrain(stream))

const tenTimes = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.all(Array.from({ length: 10 }, () => effect), { concurrency: "unbounded" })

const sealedStream = (crypto: typeof Crypto.Service, plaintext: string) =>
  Effect.map(
    Stream.runCollect(crypto.sealStream("notes", Stream.make(bytes(plaintext)), bytes("a"))),
    Stream.fromChunk
  )

describe("KeysetCrypto", () => {
  it.effect("a second instance over the same keysets opens, verifies and derives the same", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const first = yield* over(store)
      const second = yield* over(store)
      const sealed = yield* first.seal("notes", bytes("x"), bytes("a"))
      assert.strictEqual(text(yield* second.open("notes", sealed, bytes("a"))), "x")
      const stream = yield* Stream.runCollect(
        first.sealStream("notes", Stream.make(bytes("x"), bytes("y")), bytes("a"))
      )
      const opened = yield* Stream.runCollect(second.openStream("notes", Stream.fromChunk(stream), bytes("a")))
      assert.strictEqual(text(Buffer.concat(Chunk.toReadonlyArray(opened))), "xy")
      assert.isTrue(yield* second.verifyMac("notes", bytes("x"), yield* first.mac("notes", bytes("x"))))
      assert.isTrue(yield* second.verify("notes", bytes("x"), yield* first.sign("notes", bytes("x"))))
      assert.deepStrictEqual(
        Redacted.value(yield* second.derive("notes", bytes("i"), 32)),
        Redacted.value(yield* first.derive("notes", bytes("i"), 32))
      )
    }))

  it.effect("each use of a purpose has a keyset of its own, of Tink's recommended kind", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const crypto = yield* over(store)
      yield* crypto.seal("notes", bytes("x"), bytes("a"))
      yield* Stream.runDrain(crypto.sealStream("notes", Stream.empty, bytes("a")))
      yield* crypto.mac("notes", bytes("x"))
      yield* crypto.sign("notes", bytes("x"))
      yield* crypto.derive("notes", bytes("x"), 32)
      const algorithms = yield* Effect.forEach(
        ["aead/notes", "streaming-aead/notes", "mac/notes", "signature/notes", "prf/notes"],
        (name) => Effect.map(stored(store, name), ({ keys }) => keys.map(({ algorithm }) => algorithm).join())
      )
      assert.deepStrictEqual(algorithms, ["XAES_256_GCM", "AES_GCM_HKDF", "HMAC_SHA256", "ED25519", "HKDF_SHA256"])
    }))

  it.effect("opening, verifying and looking create no keys", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const refusing = KeysetStore.of({ ...store, modify: () => Effect.dieMessage("a keyset was written") })
      const crypto = yield* over(refusing)
      yield* Effect.flip(crypto.open("notes", bytes("x"), bytes("a")))
      yield* Effect.flip(Stream.runDrain(crypto.openStream("notes", Stream.make(bytes("x")), bytes("a"))))
      assert.isFalse(yield* crypto.verifyMac("notes", bytes("x"), bytes("t")))
      assert.isFalse(yield* crypto.verify("notes", bytes("x"), bytes("t")))
    }))

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

  it.effect("replaces an AES_256_GCM key that is exhausted, once for all fibers, and opens what it sealed", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const legacy = Keyset.generate("AES_256_GCM")
      yield* store.modify("aead/notes", () => Effect.succeed([undefined, legacy] as const))
      const crypto = yield* over({ ...store, reserve: () => Effect.succeed(false) })
      const old = Aead.seal(legacy, bytes("x"), bytes("a"))
      const seal = crypto.seal("notes", bytes("x"), bytes("a"))
      const more = yield* Effect.all(Array.from({ length: 20 }, () => seal), { concurrency: "unbounded" })
      const { keys, primary } = yield* stored(store, "aead/notes")
      assert.deepStrictEqual(new Set(more.map(idOf)), new Set([primary]))
      assert.deepStrictEqual(keys.map(({ algorithm }) => algorithm), ["AES_256_GCM", "XAES_256_GCM"])
      for (const box of [old, ...more]) {
        assert.strictEqual(text(yield* crypto.open("notes", box, bytes("a"))), "x")
      }
    }))

  it.effect("neither seals with an older key when a newer version made the primary one, nor says more than that", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const crypto = yield* over(store)
      const sealed = yield* crypto.seal("notes", bytes("x"), bytes("a"))
      yield* change(store, "aead/notes", (keyset) => ({
        ...keyset,
        primary: 7,
        keys: [...keyset.keys, {
          id: 7,
          status: "ENABLED",
          prefix: "TINK",
          algorithm: "OPAQUE",
          typeUrl: "type.googleapis.com/google.crypto.tink.FutureKey",
          keyMaterialType: 1,
          material: Redacted.make(bytes("k"))
        }]
      }))
      yield* TestClock.adjust("1 minute")
      const failed = yield* Effect.flip(crypto.seal("notes", bytes("x"), bytes("a")))
      assert.strictEqual(failed._tag, "NewerThanApp")
      assert.strictEqual(text(yield* crypto.open("notes", sealed, bytes("a"))), "x")
    }))

  it.effect("failures of a stream's source pass as they are; what is wrong with a ciphertext is not told", () =>
    Effect.gen(function*() {
      const crypto = yield* over(yield* MemoryKeysetStore.make)
      const source = Stream.concat(Stream.make(bytes("x")), Stream.fail("the source broke" as const))
      assert.strictEqual(yield* run(crypto.sealStream("notes", source, bytes("a"))), "the source broke")
      assert.strictEqual(yield* run(crypto.openStream("notes", source, bytes("a"))), "the source broke")
      const sealed = Buffer.concat(
        Chunk.toReadonlyArray(
          yield* Stream.runCollect(crypto.sealStream("notes", Stream.make(new Uint8Array(3_000_000)), bytes("a")))
        )
      )
      const damaged = [
        sealed.subarray(0, 2 * 1024 * 1024),
        sealed.subarray(0, 100),
        Buffer.concat([sealed, bytes("more")]),
        sealed.subarray(1),
        Buffer.concat([sealed.subarray(0, 2_000_000), Buffer.alloc(1, 7), sealed.subarray(2_000_001)])
      ]
      for (const each of damaged) {
        const failed = yield* run(crypto.openStream("notes", Stream.make(each), bytes("a")))
        assert.strictEqual(failed._tag, "DecryptionFailed")
      }
    }))

  it.effect("asking for a derived key of an impossible length is a bug", () =>
    Effect.gen(function*() {
      const crypto = yield* Crypto
      for (const length of [0, -1, 1.5, 8161, Number.NaN]) {
        const exit = yield* Effect.exit(crypto.derive("notes", bytes("x"), length))
        assert.strictEqual(exit._tag, "Failure", String(length))
      }
    }).pipe(Effect.provide(Layer.provide(KeysetCrypto.layer, MemoryKeysetStore.layer))))

  it.effect("counts uses by key and outcome, and records no forged id", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const crypto = yield* over(store)
      const sealed = yield* crypto.seal("notes", bytes("x"), bytes("a"))
      yield* crypto.open("notes", sealed, bytes("a"))
      yield* Effect.flip(crypto.open("notes", sealed, bytes("b")))
      yield* Effect.flip(crypto.open("notes", sealed.with(1, sealed[1] === 0 ? 1 : 0), bytes("a")))
      const id = String((yield* stored(store, "aead/notes")).primary)
      const forged = String(idOf(sealed.with(1, sealed[1] === 0 ? 1 : 0)))
      const counts = new Map<string, number>()
      for (const { metricKey, metricState } of yield* Metric.snapshot) {
        if (metricKey.name !== "strata.crypto.operations" || !MetricState.isCounterState(metricState)) continue
        const labels = Object.fromEntries(metricKey.tags.map(({ key, value }) => [key, value]))
        assert.notStrictEqual(labels["strata.crypto.key_id"], forged)
        if (labels["strata.crypto.key_id"] !== id) continue
        counts.set(labels["strata.crypto.result"] ?? "", Number(metricState.count))
      }
      // Other tests of this thread may have used up the label's values; then there is no row for this key.
      if (counts.size > 0) assert.deepStrictEqual(counts, new Map([["ok", 2], ["failed", 1]]))
    }))
})
