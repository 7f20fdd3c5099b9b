/**
 * What the cases of `Crypto`'s contract share.
 */
import { Effect, Either, Option } from "effect"
import { Crypto } from "../../domain/security/Crypto.ts"
import { ensure } from "../Contract.ts"

export const bytes = (text: string) => new TextEncoder().encode(text)
export const equal = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

export const none = new Uint8Array(0)
export const secret = bytes("attack at dawn")
export const row = bytes("notes/1")

export const flipped = (source: Uint8Array, at: number) =>
  source.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte))

/** Succeeds when `ciphertext` is refused with the one opaque failure. */
export const refused = (purpose: string, ciphertext: Uint8Array, associatedData: Uint8Array, what: string) =>
  Effect.gen(function*() {
    const crypto = yield* Crypto
    const result = yield* Effect.either(crypto.open(purpose, ciphertext, associatedData))
    yield* ensure(Either.isLeft(result), `${what} opened`)
    const failure = Option.getOrUndefined(Either.getLeft(result))
    yield* ensure(failure?._tag === "DecryptionFailed", `${what} failed with ${failure?._tag}`)
  })
