import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Ref } from "effect"
import * as Aead from "../../../../src/infrastructure/security/encryption/Aead.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import { KeysetStore } from "../../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as LimitedAead from "../../../../src/infrastructure/security/encryption/LimitedAead.ts"
import * as MemoryKeysetStore from "../../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"

const bytes = new Uint8Array(3)

/** Instances over one store, as of processes that follow each other, and how often they reserved. */
const instances = Effect.gen(function*() {
  const store = yield* MemoryKeysetStore.make
  const reservations = yield* Ref.make(0)
  const counting = KeysetStore.of({
    ...store,
    reserve: (...asked) => Effect.zipRight(Ref.update(reservations, (n) => n + 1), store.reserve(...asked))
  })
  const start = (limit: number, block: number) =>
    Effect.provideService(LimitedAead.make({ limit, block }), KeysetStore, counting)
  return { start, reservations }
})

const sealUntilRefused = (
  limited: Effect.Effect.Success<ReturnType<typeof LimitedAead.make>>,
  keyset: Keyset.Keyset<"Aead">
) =>
  Effect.gen(function*() {
    for (let sealed = 0; sealed < 1000; sealed++) {
      const result = yield* Effect.either(limited.seal("notes", keyset, bytes, bytes))
      if (Either.isLeft(result)) return { sealed, failure: result.left }
      assert.isTrue(Either.isRight(Aead.open(keyset, result.right, bytes)))
    }
    return assert.fail("nothing was refused")
  })

describe("LimitedAead", () => {
  it.effect("stops an AES_256_GCM key exactly at its limit, with a failure that names it", () =>
    Effect.gen(function*() {
      const { reservations, start } = yield* instances
      const keyset = Keyset.generate("AES_256_GCM")
      const { failure, sealed } = yield* sealUntilRefused(yield* start(96, 32), keyset)
      assert.strictEqual(sealed, 96)
      assert.isTrue(failure._tag === "KeyExhausted" && failure.id === keyset.primary)
      assert.strictEqual(yield* Ref.get(reservations), 4)
    }))

  it.effect("counts across restarts: what a process reserved and did not use is lost, never used twice", () =>
    Effect.gen(function*() {
      const { start } = yield* instances
      const keyset = Keyset.generate("AES_256_GCM")
      for (const _ of [1, 2]) yield* (yield* start(96, 32)).seal("notes", keyset, bytes, bytes)
      const { sealed } = yield* sealUntilRefused(yield* start(96, 32), keyset)
      assert.strictEqual(sealed, 32)
    }))

  it.effect("fibers that seal at once share a block", () =>
    Effect.gen(function*() {
      const { reservations, start } = yield* instances
      const limited = yield* start(2 ** 20, 64)
      const keyset = Keyset.generate("AES_256_GCM")
      yield* Effect.all(Array.from({ length: 128 }, () => limited.seal("notes", keyset, bytes, bytes)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(yield* Ref.get(reservations), 2)
    }))

  it.effect("counts each key and each keyset by itself", () =>
    Effect.gen(function*() {
      const { start } = yield* instances
      const limited = yield* start(1, 1)
      const keyset = Keyset.generate("AES_256_GCM")
      yield* limited.seal("notes", keyset, bytes, bytes)
      yield* limited.seal("other", keyset, bytes, bytes)
      yield* limited.seal("notes", Keyset.rotate(keyset, "AES_256_GCM"), bytes, bytes)
      assert.strictEqual((yield* Effect.flip(limited.seal("notes", keyset, bytes, bytes)))._tag, "KeyExhausted")
    }))

  it.effect("does not count XAES_256_GCM keys", () =>
    Effect.gen(function*() {
      const { reservations, start } = yield* instances
      const limited = yield* start(1, 1)
      const keyset = Keyset.generate("XAES_256_GCM")
      for (let round = 0; round < 10; round++) yield* limited.seal("notes", keyset, bytes, bytes)
      assert.strictEqual(yield* Ref.get(reservations), 0)
    }))
})
