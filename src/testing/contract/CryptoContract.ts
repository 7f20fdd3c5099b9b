/**
 * What every `Crypto` must do. Not covered: that keys survive a restart, which is the `KeysetStore`'s part, and the
 * wire format, which belongs to the adapter.
 */
import { Chunk, Effect, Either, Option, Redacted, Stream } from "effect"
import { Crypto } from "../../domain/security/Crypto.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, index) => byte === b[index])
const same = (a: Redacted.Redacted<Uint8Array>, b: Redacted.Redacted<Uint8Array>) =>
  equal(Redacted.value(a), Redacted.value(b))

const none = new Uint8Array(0)
const secret = bytes("attack at dawn")
const row = bytes("notes/1")

/** Succeeds when `ciphertext` is refused with the one opaque failure. */
const refused = (purpose: string, ciphertext: Uint8Array, associatedData: Uint8Array, what: string) =>
  Effect.gen(function*() {
    const crypto = yield* Crypto
    const result = yield* Effect.either(crypto.open(purpose, ciphertext, associatedData))
    yield* ensure(Either.isLeft(result), `${what} opened`)
    const failure = Option.getOrUndefined(Either.getLeft(result))
    yield* ensure(failure?._tag === "DecryptionFailed", `${what} failed with ${failure?._tag}`)
  })

const collected = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(
    Stream.runCollect(stream),
    (chunks) => Uint8Array.from(Chunk.toReadonlyArray(chunks).flatMap((each) => [...each]))
  )

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

const flipped = (source: Uint8Array, at: number) =>
  source.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte))

export const contract: Contract<Crypto> = {
  name: "Crypto",
  cases: [
    contractCase(
      "opens what it sealed, whatever its length",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        for (const length of [0, 1, 15, 16, 17, 4096, 100_000]) {
          const plaintext = new Uint8Array(length).fill(0xa5)
          const sealed = yield* crypto.seal("notes", plaintext, row)
          yield* ensure(equal(yield* crypto.open("notes", sealed, row), plaintext), `${length} bytes came back changed`)
        }
      })
    ),
    contractCase(
      "takes empty associated data",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        const sealed = yield* crypto.seal("notes", secret, none)
        yield* ensure(equal(yield* crypto.open("notes", sealed, none), secret), "the plaintext came back changed")
        yield* refused("notes", sealed, row, "a ciphertext with other associated data")
      })
    ),
    contractCase(
      "seals the same plaintext differently every time and never in clear",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        const sealed = yield* Effect.replicateEffect(crypto.seal("notes", secret, row), 20)
        const texts = sealed.map((ciphertext) => Array.from(ciphertext).join())
        yield* ensure(new Set(texts).size === 20, "two ciphertexts are equal")
        yield* ensure(!texts.some((text) => text.includes(Array.from(secret).join())), "the plaintext is readable")
      })
    ),
    contractCase(
      "refuses other associated data",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        const sealed = yield* crypto.seal("notes", secret, row)
        yield* refused("notes", sealed, bytes("notes/2"), "a ciphertext moved to another row")
        yield* refused("notes", sealed, none, "a ciphertext without its associated data")
      })
    ),
    contractCase(
      "keeps purposes apart",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        const sealed = yield* crypto.seal("notes", secret, row)
        yield* refused("outbox", sealed, row, "a ciphertext under a purpose never used")
        yield* crypto.seal("outbox", secret, row)
        yield* refused("outbox", sealed, row, "a ciphertext of another purpose")
      })
    ),
    contractCase(
      "refuses a change of any byte and every truncation",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        const sealed = yield* crypto.seal("notes", secret, row)
        for (const index of sealed.keys()) {
          const changed = sealed.map((byte, at) => (at === index ? byte ^ (1 << (index % 8)) : byte))
          yield* refused("notes", changed, row, `a ciphertext with byte ${index} changed`)
        }
        for (let length = 0; length < sealed.length; length++) {
          yield* refused("notes", sealed.slice(0, length), row, `a ciphertext cut to ${length} bytes`)
        }
        yield* refused("notes", Uint8Array.of(...sealed, 0), row, "a ciphertext with a byte more")
      })
    ),
    contractCase(
      "fibers that use a new purpose at once share its key",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        const sealed = yield* Effect.all(Array.from({ length: 20 }, () => crypto.seal("fresh", secret, row)), {
          concurrency: "unbounded"
        })
        for (const ciphertext of sealed) {
          yield* ensure(equal(yield* crypto.open("fresh", ciphertext, row), secret), "the plaintext came back changed")
        }
      })
    ),
    contractCase(
      "derives the same key at every call",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        const first = yield* crypto.derive("cache", bytes("keys"), 32)
        yield* ensure(Redacted.value(first).length === 32, "the key has another length")
        yield* ensure(same(first, yield* crypto.derive("cache", bytes("keys"), 32)), "the second key is another one")
        const longest = yield* crypto.derive("cache", bytes("keys"), 8160)
        yield* ensure(Redacted.value(longest).length === 8160, "the longest key has another length")
      })
    ),
    contractCase(
      "derives other keys for another purpose and for other info",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        const key = yield* crypto.derive("cache", bytes("keys"), 32)
        yield* ensure(!same(key, yield* crypto.derive("cache", bytes("names"), 32)), "info does not matter")
        yield* ensure(!same(key, yield* crypto.derive("cache", none, 32)), "empty info does not matter")
        const long = new Uint8Array(2000)
        const longKey = yield* crypto.derive("cache", long, 32)
        yield* ensure(
          !same(longKey, yield* crypto.derive("cache", long.with(1999, 1), 32)),
          "only the start of info matters"
        )
        yield* ensure(!same(key, yield* crypto.derive("users", bytes("keys"), 32)), "the purpose does not matter")
      })
    ),
    contractCase(
      "opens the streams it sealed, whatever their length and pieces",
      Effect.gen(function*() {
        for (const lengths of [[], [0], [1], [0, 5, 0, 7], [4096, 1], [100_000, 100_000]]) {
          const chunks = lengths.map((length, index) => new Uint8Array(length).fill(index + 1))
          const expected = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))
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
      "refuses a stream with any byte changed, cut anywhere or continued",
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
    ),
    contractCase(
      "verifies the tags it makes, of their own data and purpose, and no others",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        yield* ensure(!(yield* crypto.verifyMac("cache", secret, row)), "a tag is valid under a purpose never used")
        for (const data of [none, secret, new Uint8Array(100_000)]) {
          const tag = yield* crypto.mac("cache", data)
          yield* ensure(tag.length >= 16, `a tag has ${tag.length} bytes`)
          yield* ensure(yield* crypto.verifyMac("cache", data, tag), "a tag is not valid")
          yield* ensure(!(yield* crypto.verifyMac("cache", Uint8Array.of(...data, 0), tag)), "the data does not matter")
        }
        const tag = yield* crypto.mac("cache", secret)
        yield* crypto.mac("users", secret)
        yield* ensure(!(yield* crypto.verifyMac("users", secret, tag)), "the purpose does not matter")
        for (const index of tag.keys()) {
          yield* ensure(
            !(yield* crypto.verifyMac("cache", secret, flipped(tag, index))),
            `byte ${index} does not matter`
          )
          yield* ensure(
            !(yield* crypto.verifyMac("cache", secret, tag.subarray(0, index))),
            `${index} bytes of the tag are enough`
          )
        }
        yield* ensure(!(yield* crypto.verifyMac("cache", secret, Uint8Array.of(...tag, 0))), "a longer tag is valid")
      })
    ),
    contractCase(
      "verifies the signatures it makes, of their own data and purpose, and no others",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        yield* ensure(!(yield* crypto.verify("audit", secret, row)), "a signature is valid under a purpose never used")
        for (const data of [none, secret, new Uint8Array(100_000)]) {
          const signature = yield* crypto.sign("audit", data)
          yield* ensure(yield* crypto.verify("audit", data, signature), "a signature is not valid")
          yield* ensure(
            !(yield* crypto.verify("audit", Uint8Array.of(...data, 0), signature)),
            "the data does not matter"
          )
        }
        const signature = yield* crypto.sign("audit", secret)
        yield* crypto.sign("users", secret)
        yield* ensure(!(yield* crypto.verify("users", secret, signature)), "the purpose does not matter")
        for (const index of signature.keys()) {
          yield* ensure(
            !(yield* crypto.verify("audit", secret, flipped(signature, index))),
            `byte ${index} does not matter`
          )
          yield* ensure(
            !(yield* crypto.verify("audit", secret, signature.subarray(0, index))),
            `${index} bytes of the signature are enough`
          )
        }
      })
    ),
    contractCase(
      "gives random bytes of the length asked for",
      Effect.gen(function*() {
        const crypto = yield* Crypto
        yield* ensure((yield* crypto.random(0)).length === 0, "0 bytes are not 0 bytes")
        const drawn = yield* Effect.replicateEffect(crypto.random(16), 50)
        yield* ensure(drawn.every(({ length }) => length === 16), "16 bytes are not 16 bytes")
        yield* ensure(new Set(drawn.map((draw) => Array.from(draw).join())).size === 50, "two draws are equal")
      })
    )
  ]
}
