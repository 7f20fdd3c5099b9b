/**
 * The part of `Crypto`'s contract that is about streams.
 */
import { Chunk, Effect, Either, Option, Stream } from "effect"
import { Crypto } from "../../domain/security/Crypto.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { bytes, equal, flipped, refused, row, secret } from "./CryptoCase.ts"

const concat = (chunks: ReadonlyArray<Uint8Array>) => {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

const collected = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(stream), (chunks) => concat(Chunk.toReadonlyArray(chunks)))

/** One ciphertext of `chunks`, and a stream of it in pieces of `size`. */
const sealedStream = (purpose: string, chunks: ReadonlyArray<Uint8Array>, associatedData: Uint8Array) =>
  Effect.flatMap(Crypto, (crypto) => collected(crypto.sealStream(purpose, Stream.fromIterable(chunks), associatedData)))

const pieces = (ciphertext: Uint8Array, size: number) =>
  Stream.range(0, Math.max(0, Math.ceil(ciphertext.length / size) - 1)).pipe(
    Stream.map((index) => ciphertext.subarray(index * size, (index + 1) * size))
  )

const openedStream = (purpose: string, ciphertext: Uint8Array, associatedData: Uint8Array, size = 1000) =>
  Effect.flatMap(Crypto, (crypto) => collected(crypto.openStream(purpose, pieces(ciphertext, size), associatedData)))

const refusedStream = (purpose: string, ciphertext: Uint8Array, associatedData: Uint8Array, what: string) =>
  Effect.gen(function*() {
    const result = yield* Effect.either(openedStream(purpose, ciphertext, associatedData))
    const failure = Option.getOrUndefined(Either.getLeft(result))
    yield* ensure(failure?._tag === "DecryptionFailed", `${what}: ${failure?._tag ?? "opened"}`)
  })

export const cases: Contract<Crypto>["cases"] = [
  contractCase(
    "opens the streams it sealed, whatever their length and pieces",
    Effect.gen(function*() {
      for (const lengths of [[], [0], [1], [0, 5, 0, 7], [4096, 1], [100_000, 100_000]]) {
        const chunks = lengths.map((length, index) => new Uint8Array(length).fill(index + 1))
        const expected = concat(chunks)
        const sealed = yield* sealedStream("files", chunks, row)
        for (const size of [7919, 1_000_000]) {
          const opened = yield* openedStream("files", sealed, row, size)
          yield* ensure(equal(opened, expected), `a stream of ${lengths.join(" + ")} bytes came back changed`)
        }
      }
    })
  ),
  contractCase(
    "seals the same stream differently every time and never in clear",
    Effect.gen(function*() {
      const sealed = yield* Effect.replicateEffect(sealedStream("files", [secret], row), 10)
      const texts = sealed.map((ciphertext) => Array.from(ciphertext).join())
      yield* ensure(new Set(texts).size === 10, "two ciphertexts are equal")
      yield* ensure(!texts.some((text) => text.includes(Array.from(secret).join())), "the plaintext is readable")
    })
  ),
  contractCase(
    "refuses a stream with other associated data, of another purpose, or that is no stream",
    Effect.gen(function*() {
      const crypto = yield* Crypto
      const sealed = yield* sealedStream("files", [secret], row)
      yield* refusedStream("files", sealed, bytes("files/2"), "a stream with other associated data")
      yield* refusedStream("outbox", sealed, row, "a stream under a purpose never used")
      yield* sealedStream("outbox", [secret], row)
      yield* refusedStream("outbox", sealed, row, "a stream of another purpose")
      yield* refusedStream("files", yield* crypto.seal("files", secret, row), row, "what `seal` made")
      yield* refused("files", sealed, row, "a stream given to `open`")
    })
  ),
  contractCase(
    "refuses a stream with any byte changed, cut short or continued",
    Effect.gen(function*() {
      const sealed = yield* sealedStream("files", [secret], row)
      for (const index of sealed.keys()) {
        yield* refusedStream("files", flipped(sealed, index), row, `a stream with byte ${index} changed`)
        yield* refusedStream("files", sealed.subarray(0, index), row, `a stream cut to ${index} bytes`)
      }
      yield* refusedStream("files", Uint8Array.of(...sealed, 0), row, "a stream with a byte more")
      yield* refusedStream("files", Uint8Array.of(...sealed, ...sealed), row, "a stream twice")
    })
  ),
  contractCase(
    "a failing source fails the stream with its own failure",
    Effect.gen(function*() {
      const crypto = yield* Crypto
      const source = Stream.concat(Stream.make(secret), Stream.fail("the source broke" as const))
      const sealing = yield* Effect.flip(collected(crypto.sealStream("files", source, row)))
      yield* ensure(sealing === "the source broke", "sealing has another failure")
      const opening = yield* Effect.flip(collected(crypto.openStream("files", source, row)))
      yield* ensure(opening === "the source broke", "opening has another failure")
    })
  )
]
