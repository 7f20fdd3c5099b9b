/**
 * A slot whose content wraps the root key under a key from outside: `commitment (32) | wrapped root key`.
 */
import { Either, Option } from "effect"
import { randomBytes, timingSafeEqual } from "node:crypto"
import { Tampered, WrongSecret } from "../../../domain/storage/SecretFailure.ts"
import * as AesGcm from "../../security/encryption/AesGcm.ts"
import * as Hkdf from "../../security/encryption/Hkdf.ts"
import * as Framing from "./Framing.ts"
import type { Slot } from "./VaultFile.ts"

const commitmentLength = 32

const commitment = (slotKey: Uint8Array) => Hkdf.derive(slotKey, "strata/vault/slot/commitment", commitmentLength)
const wrappingKey = (slotKey: Uint8Array) => Hkdf.derive(slotKey, "strata/vault/slot/wrap", AesGcm.keyLength)
const context = (storeId: Uint8Array, id: number, type: string) =>
  Framing.blocks("strata/vault/slot/1", storeId, Framing.u32(id), type)

/** `slotKey` must be uniformly random (a passphrase is stretched first). */
export const wrap = (type: string, slotKey: Uint8Array, storeId: Uint8Array, root: Uint8Array): Slot => {
  const id = randomBytes(4).readUInt32BE()
  const wrapped = AesGcm.seal(wrappingKey(slotKey), root, context(storeId, id, type))
  return { id, type, content: Buffer.concat([commitment(slotKey), wrapped]) }
}

/**
 * Two independent facts tell a wrong key from a changed file: the commitment, which depends on the key alone, and the
 * authenticated wrapping. When both fail, the key is another one; when one does, the file was changed.
 */
export const unwrap = (
  slot: Slot,
  slotKey: Uint8Array,
  storeId: Uint8Array
): Either.Either<Uint8Array, Tampered | WrongSecret> => {
  const tampered = new Tampered({ what: "secret store" })
  if (slot.content.length < commitmentLength) return Either.left(tampered)
  const committed = timingSafeEqual(slot.content.subarray(0, commitmentLength), commitment(slotKey))
  const wrapped = slot.content.subarray(commitmentLength)
  const root = AesGcm.open(wrappingKey(slotKey), wrapped, context(storeId, slot.id, slot.type))
  if (committed && Option.isSome(root)) return Either.right(root.value)
  return Either.left(committed || Option.isSome(root) ? tampered : new WrongSecret({ slot: slot.type }))
}
