/**
 * A slot wraps the root key under a key from outside: `commitment (32) | AES-KWP(root key)` (RFC 5649).
 */
import { Either, Option, Redacted } from "effect"
import { randomBytes, timingSafeEqual } from "node:crypto"
import { Tampered, WrongSecret } from "../../../domain/storage/SecretFailure.ts"
import * as AesKeyWrap from "../../security/encryption/AesKeyWrap.ts"
import * as Hkdf from "../../security/encryption/Hkdf.ts"
import * as Framing from "./Framing.ts"
import type { Slot } from "./VaultFile.ts"

/** A key from outside and the type of the slots it opens. It must be uniformly random: a passphrase is stretched first. */
export interface SlotKey {
  readonly slot: string
  /** The one slot it is for, when it was made with that slot's parameters. */
  readonly id?: number
  readonly key: Redacted.Redacted<Uint8Array>
}

const commitmentLength = 32
const contentLength = commitmentLength + 40

const commitment = (slotKey: Uint8Array) => Hkdf.derive(slotKey, "strata/vault/slot/2/commitment", commitmentLength)

/** The slot's place and parameters are in the wrapping key: a slot opens in its own store and as it was made only. */
const wrappingKey = (slotKey: Uint8Array, storeId: Uint8Array, { id, params, type }: Omit<Slot, "content">) =>
  Hkdf.derive(slotKey, Framing.blocks("strata/vault/slot/2/wrap", storeId, Framing.u32(id), type, params), 32)

const content = (
  slot: Omit<Slot, "content">,
  key: Redacted.Redacted<Uint8Array>,
  storeId: Uint8Array,
  root: Uint8Array
) => {
  const slotKey = Redacted.value(key)
  const kek = wrappingKey(slotKey, storeId, slot)
  const wrapped = AesKeyWrap.wrapPadded(kek, root)
  kek.fill(0)
  return Buffer.concat([commitment(slotKey), wrapped])
}

/** `taken`: the ids of the vault's other slots. */
export const freshId = (taken: ReadonlyArray<Slot>): number => {
  const id = randomBytes(4).readUInt32BE()
  return id === 0 || taken.some((slot) => slot.id === id) ? freshId(taken) : id
}

/** Makes the slot, or makes it again for another root key. */
export const wrap = (
  { id, params, type }: Pick<Slot, "id" | "params" | "type">,
  key: Redacted.Redacted<Uint8Array>,
  storeId: Uint8Array,
  root: Uint8Array
): Slot => {
  const slot = { id, flags: 0, type, params }
  return { ...slot, content: content(slot, key, storeId, root) }
}

/** Whether the key is the slot's, whatever root key the slot opens. */
export const fits = (slot: Slot, { id, key, slot: type }: SlotKey): boolean =>
  slot.type === type && (id === undefined || id === slot.id) && slot.content.length === contentLength &&
  timingSafeEqual(slot.content.subarray(0, commitmentLength), commitment(Redacted.value(key)))

/**
 * Two independent facts tell a wrong key from a changed file: the commitment, which depends on the key alone, and the
 * authenticated wrapping. When both fail, the key is another one; when one does, the file was changed.
 */
export const unwrap = (
  slot: Slot,
  slotKey: SlotKey,
  storeId: Uint8Array
): Either.Either<Uint8Array, Tampered | WrongSecret> => {
  if (slot.content.length !== contentLength) return Either.left(new Tampered({ what: "secret store" }))
  const committed = fits(slot, slotKey)
  const kek = wrappingKey(Redacted.value(slotKey.key), storeId, slot)
  const root = AesKeyWrap.unwrapPadded(kek, slot.content.subarray(commitmentLength))
  kek.fill(0)
  if (committed && Option.isSome(root)) return Either.right(root.value)
  return Either.left(
    committed || Option.isSome(root)
      ? new Tampered({ what: "secret store" })
      : new WrongSecret({ slot: slot.type })
  )
}
