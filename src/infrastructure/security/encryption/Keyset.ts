/**
 * The keys of one purpose: one seals, all of them open.
 */
import { Schema } from "effect"

/** `id` is random, non-zero and unique in its keyset; it is the prefix of what the key sealed. */
export const Key = Schema.Struct({
  id: Schema.Int.pipe(Schema.between(1, 0xffff_ffff)),
  algorithm: Schema.Literal("AES256_GCM"),
  material: Schema.Redacted(Schema.Uint8ArrayFromBase64)
})
export type Key = typeof Key.Type

export class Keyset extends Schema.Class<Keyset>("Keyset")({
  primary: Key.fields.id,
  keys: Schema.NonEmptyArray(Key)
}) {}
