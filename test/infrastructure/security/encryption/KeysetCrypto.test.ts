import { assert, describe, it, vi } from "@effect/vitest"
import { Chunk, Effect, Layer, Redacted, Stream, TestClock } from "effect"
import { Crypto } from "../../../../src/domain/security/Crypto.ts"
import * as Aead from "../../../../src/infrastructure/security/encryption/Aead.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as KeysetCrypto from "../../../../src/infrastructure/security/encryption/KeysetCrypto.ts"
import { KeysetStore } from "../../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as MemoryKeysetStore from "../../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"
import * as Metrics from "../../../../src/infrastructure/telemetry/catalogue/Crypto.ts"
import * as CryptoContract from "../../../../src/testing/contract/CryptoContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { bytes, change, idOf, over, run, stored, text } from "./keysets.ts"

suite(CryptoContract.contract, "keyset", Layer.provide(KeysetCrypto.layer, MemoryKeysetStore.layer))

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

  it.scoped("counts uses by key and outcome, and records no forged id", () =>
    Effect.gen(function*() {
      const crypto = yield* over(yield* MemoryKeysetStore.make)
      const sealed = yield* crypto.seal("counted", bytes("x"), bytes("a"))
      const forged = sealed.with(1, sealed[1] === 0 ? 1 : 0)
      // Not what is exported: other tests of this thread may have used up the label's values.
      const update = yield* Effect.acquireRelease(
        Effect.sync(() => vi.spyOn(Metrics.operations, "update")),
        (spy) => Effect.sync(() => spy.mockRestore())
      )
      yield* crypto.seal("counted", bytes("x"), bytes("a"))
      yield* crypto.open("counted", sealed, bytes("a"))
      yield* Effect.flip(crypto.open("counted", sealed, bytes("b")))
      yield* Effect.flip(crypto.open("counted", forged, bytes("a")))
      const resultsOf = (id: number | string) =>
        update.mock.calls.flatMap(([count, labels]) =>
          count === 1 && labels["strata.crypto.key_id"] === String(id) ? [labels["strata.crypto.result"]] : []
        )
      assert.deepStrictEqual(resultsOf(idOf(sealed)), ["ok", "ok", "failed"])
      assert.deepStrictEqual(resultsOf(idOf(forged)), [])
      assert.include(resultsOf("unknown"), "failed")
    }))
})
