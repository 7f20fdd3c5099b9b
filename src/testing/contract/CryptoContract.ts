/**
 * What every `Crypto` must do. Not covered: that keys survive a restart, which is the `KeysetStore`'s part, and the
 * wire format, which belongs to the adapter.
 */
import { Effect, Redacted } from "effect"
import { Crypto } from "../../domain/security/Crypto.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { bytes, equal, flipped, none, refused, row, secret } from "./CryptoCase.ts"
import { cases as streamCases } from "./CryptoStreamCases.ts"
import { cases as tagCases } from "./CryptoTagCases.ts"

const same = (a: Redacted.Redacted<Uint8Array>, b: Redacted.Redacted<Uint8Array>) =>
  equal(Redacted.value(a), Redacted.value(b))

export const contract: Contract<Crypto> = {
  name: "Crypto",
  cases: [
    ...streamCases,
    ...tagCases,
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
          yield* refused("notes", flipped(sealed, index), row, `a ciphertext with byte ${index} changed`)
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
