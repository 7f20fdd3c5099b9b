/**
 * The keys of one purpose: one seals, all of them open.
 */
import { Redacted, Schema } from "effect"
import { randomBytes } from "node:crypto"

/** What a key is for: sealing (AEAD) or deriving further keys (PRF). */
export const KeyAlgorithm = Schema.Literal("AES256_GCM", "HKDF_SHA256")
export type KeyAlgorithm = typeof KeyAlgorithm.Type

const Material = Schema.Uint8ArrayFromBase64.pipe(
  Schema.filter((bytes) => bytes.length === 32 || "expected 32 bytes")
)

/** `id` is random, non-zero and unique in its keyset; it is the prefix of what the key sealed. */
export const Key = Schema.Struct({
  id: Schema.Int.pipe(Schema.between(1, 0xffff_ffff)),
  algorithm: KeyAlgorithm,
  material: Schema.Redacted(Material)
})
export type Key = typeof Key.Type

const Keys = Schema.Struct({ primary: Key.fields.id, keys: Schema.NonEmptyArray(Key) }).pipe(
  Schema.filter(({ keys, primary }) => {
    const ids = new Set(keys.map(({ id }) => id))
    return (ids.size === keys.length && ids.has(primary)) || "expected unique ids and the primary among them"
  })
)

/** Its JSON form holds the keys in clear: it is stored inside a sealed store only. */
export class Keyset extends Schema.Class<Keyset>("Keyset")(Keys) {}

const freshId = (): number => randomBytes(4).readUInt32BE() || freshId()

/** A keyset of one new random key. */
export const generate = (algorithm: KeyAlgorithm): Keyset => {
  const id = freshId()
  const material = Redacted.make(new Uint8Array(randomBytes(32)))
  return new Keyset({ primary: id, keys: [{ id, algorithm, material }] })
}
