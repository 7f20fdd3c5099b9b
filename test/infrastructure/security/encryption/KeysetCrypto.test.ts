import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, Ref } from "effect"
import { Crypto } from "../../../../src/domain/security/Crypto.ts"
import { Locked } from "../../../../src/domain/storage/SecretFailure.ts"
import * as KeysetCrypto from "../../../../src/infrastructure/security/encryption/KeysetCrypto.ts"
import { KeysetStore } from "../../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as MemoryKeysetStore from "../../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"
import * as CryptoContract from "../../../../src/testing/contract/CryptoContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(CryptoContract.contract, "keyset", Layer.provide(KeysetCrypto.layer, MemoryKeysetStore.layer))

const bytes = (text: string) => new TextEncoder().encode(text)

describe("KeysetCrypto", () => {
  it.effect("a second instance over the same keysets opens and derives the same", () =>
    Effect.gen(function*() {
      const store = Layer.succeed(KeysetStore, yield* MemoryKeysetStore.make)
      const first = yield* Effect.provide(KeysetCrypto.make, store)
      const second = yield* Effect.provide(KeysetCrypto.make, store)
      const sealed = yield* first.seal("notes", bytes("x"), bytes("a"))
      assert.deepStrictEqual(Buffer.from(yield* second.open("notes", sealed, bytes("a"))), Buffer.from("x"))
      assert.deepStrictEqual(
        Redacted.value(yield* second.derive("notes", bytes("i"), 32)),
        Redacted.value(yield* first.derive("notes", bytes("i"), 32))
      )
    }))

  it.effect("reads a purpose's keyset once", () =>
    Effect.gen(function*() {
      const loads = yield* Ref.make(0)
      const store = yield* MemoryKeysetStore.make
      const counting = KeysetStore.of({
        load: (purpose) => Effect.zipRight(Ref.update(loads, (n) => n + 1), store.load(purpose)),
        loadOrCreate: (purpose, create) =>
          Effect.zipRight(Ref.update(loads, (n) => n + 1), store.loadOrCreate(purpose, create))
      })
      const crypto = yield* Effect.provideService(KeysetCrypto.make, KeysetStore, counting)
      for (let round = 0; round < 5; round++) {
        yield* crypto.open("notes", yield* crypto.seal("notes", bytes("x"), bytes("a")), bytes("a"))
      }
      assert.strictEqual(yield* Ref.get(loads), 1)
    }))

  it.effect("tries again after a failure of the keyset store", () =>
    Effect.gen(function*() {
      const locked = yield* Ref.make(true)
      const store = yield* MemoryKeysetStore.make
      const failing = Effect.flatMap(Ref.get(locked), (now) => now ? new Locked({ fixes: [] }) : Effect.void)
      const crypto = yield* Effect.provideService(KeysetCrypto.make, KeysetStore, {
        load: (purpose) => Effect.zipRight(failing, store.load(purpose)),
        loadOrCreate: (purpose, create) => Effect.zipRight(failing, store.loadOrCreate(purpose, create))
      })
      assert.strictEqual((yield* Effect.flip(crypto.seal("notes", bytes("x"), bytes("a"))))._tag, "Locked")
      assert.strictEqual((yield* Effect.flip(crypto.open("notes", bytes("x"), bytes("a"))))._tag, "Locked")
      assert.strictEqual((yield* Effect.flip(crypto.derive("notes", bytes("x"), 32)))._tag, "Locked")
      yield* Ref.set(locked, false)
      yield* crypto.seal("notes", bytes("x"), bytes("a"))
    }))

  it.effect("never derives from a sealing key", () =>
    Effect.gen(function*() {
      const store = yield* MemoryKeysetStore.make
      const crypto = yield* Effect.provideService(KeysetCrypto.make, KeysetStore, store)
      yield* crypto.seal("notes", bytes("x"), bytes("a"))
      yield* crypto.derive("notes", bytes("x"), 32)
      const algorithm = (name: string) =>
        Effect.map(store.load(name), Option.map(({ keys }) => keys.map((key) => key.algorithm)))
      assert.deepStrictEqual(yield* algorithm("aead/notes"), Option.some(["AES256_GCM" as const]))
      assert.deepStrictEqual(yield* algorithm("prf/notes"), Option.some(["HKDF_SHA256" as const]))
    }))

  it.effect("asking for a derived key of an impossible length is a bug", () =>
    Effect.gen(function*() {
      const crypto = yield* Crypto
      for (const length of [0, -1, 1.5, 8161, Number.NaN]) {
        const exit = yield* Effect.exit(crypto.derive("notes", bytes("x"), length))
        assert.strictEqual(exit._tag, "Failure", String(length))
      }
    }).pipe(Effect.provide(Layer.provide(KeysetCrypto.layer, MemoryKeysetStore.layer))))
})
