/**
 * What people write, sealed for the backend's tables and bound to the row it belongs to.
 */
import { Effect, Schema } from "effect"
import type { UserId } from "../domain/auth/User.ts"
import { Crypto } from "../domain/security/Crypto.ts"
import type { CryptoFailure } from "../domain/security/CryptoFailure.ts"
import type { SecretFailure } from "../domain/storage/SecretFailure.ts"

const utf8 = new TextEncoder()
const text = new TextDecoder()

/** Neither part can hold a NUL, so no two rows share the associated data. */
const row = (account: UserId, id: string) => utf8.encode(`${account}\u0000${id}`)

/** Seals values of `schema` for `purpose`, each bound to its account and id. */
export const make = <A, I>(purpose: string, schema: Schema.Schema<A, I>) => {
  const json = Schema.parseJson(schema)
  const encode = Schema.encodeSync(json)
  const decode = Schema.decodeSync(json)
  return Effect.map(Crypto, (crypto) => ({
    seal: (account: UserId, id: string, value: A): Effect.Effect<Uint8Array, SecretFailure> =>
      crypto.seal(purpose, utf8.encode(encode(value)), row(account, id)),
    open: (account: UserId, id: string, sealed: Uint8Array): Effect.Effect<A, CryptoFailure> =>
      Effect.map(crypto.open(purpose, sealed, row(account, id)), (bytes) => decode(text.decode(bytes)))
  }))
}
