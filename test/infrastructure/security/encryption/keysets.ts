/**
 * Keyset stores as other processes use them, and what `KeysetCrypto` makes over them.
 */
import { Effect, Option, Ref, Stream } from "effect"
import type { Crypto } from "../../../../src/domain/security/Crypto.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as KeysetCrypto from "../../../../src/infrastructure/security/encryption/KeysetCrypto.ts"
import { KeysetStore } from "../../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as MemoryKeysetStore from "../../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"

export const bytes = (text: string) => new TextEncoder().encode(text)
export const text = (data: Uint8Array) => Buffer.from(data).toString()

export type Store = typeof KeysetStore.Service

export const over = (store: Store) => Effect.provideService(KeysetCrypto.make, KeysetStore, store)

/** A store that counts how often keysets are read from it, which takes a while. */
export const counting = Effect.gen(function*() {
  const store = yield* MemoryKeysetStore.make
  const loads = yield* Ref.make(0)
  const load: Store["load"] = (name) =>
    Ref.update(loads, (n) => n + 1).pipe(Effect.zipRight(store.load(name)), Effect.zipLeft(Effect.yieldNow()))
  return { store: KeysetStore.of({ ...store, load }), loads }
})

export const stored = (store: Store, name: string) => Effect.map(store.load(name), Option.getOrThrow)

/** Changes a keyset as another process would. */
export const change = (store: Store, name: string, how: (keyset: Keyset.Keyset<"Aead">) => Keyset.Keyset) =>
  store.modify(name, (current) =>
    Effect.map(
      Effect.flatMap(current, (keyset) => Keyset.ofPrimitive(keyset, "Aead")),
      (keyset) => [undefined, how(keyset)] as const
    ))

export const forge = (data: Uint8Array, n: number) => data.with(1, n).with(2, n)
export const idOf = (data: Uint8Array) => Buffer.from(data).readUInt32BE(1)
export const run = <E>(stream: Stream.Stream<Uint8Array, E>) => Effect.flip(Stream.runDrain(stream))

export const tenTimes = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.all(Array.from({ length: 10 }, () => effect), { concurrency: "unbounded" })

export const sealedStream = (crypto: typeof Crypto.Service, plaintext: string) =>
  Effect.map(
    Stream.runCollect(crypto.sealStream("notes", Stream.make(bytes(plaintext)), bytes("a"))),
    Stream.fromChunk
  )
