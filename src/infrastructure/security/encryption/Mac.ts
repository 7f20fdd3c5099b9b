/**
 * Message authentication under a keyset: Tink's `Mac` over HMAC-SHA256 keys (RFC 2104), tags of 32 bytes or cut to 16.
 */
import { Redacted } from "effect"
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto"
import type { MacKey } from "./Key.ts"
import type { Keyset } from "./Keyset.ts"
import * as OutputPrefix from "./OutputPrefix.ts"
import * as Prepared from "./Prepared.ts"

const prepared = Prepared.make<"Mac", (data: Uint8Array) => Uint8Array>(({ material, tagSize }: MacKey) => {
  const key = createSecretKey(Redacted.value(material))
  return (data) => createHmac("sha256", key).update(data).digest().subarray(0, tagSize)
})

/** The primary key's tag, behind its prefix. Throws `UnsupportedKey` when a newer version made the primary key. */
export const compute = (keyset: Keyset<"Mac">, data: Uint8Array): Uint8Array => {
  const { prefix, use } = prepared(keyset).primary()
  return OutputPrefix.join(prefix, use(data))
}

/** Whether `tag` is the one an enabled key makes for `data`. In constant time for tags of one length. */
export const verify = (keyset: Keyset<"Mac">, data: Uint8Array, tag: Uint8Array): boolean =>
  prepared(keyset).candidates(tag).some(({ prefix, use }) => {
    const expected = use(data)
    const found = tag.subarray(prefix.length)
    return found.length === expected.length && timingSafeEqual(found, expected)
  })
