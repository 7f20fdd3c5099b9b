/**
 * One entry, sealed: `0x01 | key id (u32) | nonce (24) | ciphertext | tag (16)`, which is Tink's XAES-256-GCM. The
 * plaintext is `name (block) | set at, ms u64 | expires at, ms u64, 0 for never | value`.
 */
import { Either, Redacted } from "effect"
import { Tampered } from "../../../domain/storage/SecretFailure.ts"
import * as Aead from "../../security/encryption/Aead.ts"
import type { Keyset } from "../../security/encryption/Keyset.ts"
import * as Framing from "./Framing.ts"

export interface VaultEntry {
  readonly name: string
  readonly setAt: bigint
  /** 0 for never. */
  readonly expiresAt: bigint
  readonly value: Redacted.Redacted<string>
}

export const isExpired = ({ expiresAt }: Pick<VaultEntry, "expiresAt">, now: number): boolean =>
  expiresAt !== 0n && expiresAt <= BigInt(now)

/**
 * The tag is the HMAC of the whole name, which has to stay hidden from who lists the names: an entry opens in its own
 * store, under its own name and as this format only.
 */
const context = (storeId: Uint8Array, tag: string) => Framing.blocks("strata/vault/entry/2", storeId, tag)

export const seal = (keyset: Keyset<"Aead">, storeId: Uint8Array, tag: string, entry: VaultEntry): Uint8Array => {
  const plaintext = Buffer.concat([
    Framing.blocks(entry.name),
    Framing.u64(entry.setAt),
    Framing.u64(entry.expiresAt),
    Buffer.from(Redacted.value(entry.value), "utf8")
  ])
  const sealed = Aead.seal(keyset, plaintext, context(storeId, tag))
  plaintext.fill(0)
  return sealed
}

export const open = (
  keyset: Keyset<"Aead">,
  storeId: Uint8Array,
  tag: string,
  sealed: Uint8Array
): Either.Either<VaultEntry, Tampered> => {
  const plaintext = Aead.open(keyset, sealed, context(storeId, tag))
  if (Either.isLeft(plaintext)) return Either.left(new Tampered({ what: "secret store" }))
  const entry = Framing.parse(plaintext.right, (reader): VaultEntry => ({
    name: Buffer.from(reader.block()).toString("utf8"),
    setAt: reader.u64(),
    expiresAt: reader.u64(),
    value: Redacted.make(Buffer.from(reader.rest()).toString("utf8"))
  }))
  plaintext.right.fill(0)
  return entry === undefined ? Either.left(new Tampered({ what: "secret store" })) : Either.right(entry)
}

/** The id of the key that sealed it. */
export const keyId = (sealed: Uint8Array): number =>
  sealed.length < 5 ? 0 : new DataView(sealed.buffer, sealed.byteOffset, sealed.length).getUint32(1)
