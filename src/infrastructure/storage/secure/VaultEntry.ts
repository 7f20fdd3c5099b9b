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

const label = Buffer.from("strata/vault/entry/2")

/**
 * `label | store id (16) | name tag, hexadecimal (64)`. The tag is the HMAC of the whole name, which has to stay hidden
 * from who lists the names: an entry opens in its own store, under its own name and as this format only.
 */
const context = (storeId: Uint8Array, tag: string): Uint8Array => {
  const bytes = Buffer.allocUnsafe(label.length + storeId.length + tag.length)
  bytes.set(label)
  bytes.set(storeId, label.length)
  bytes.write(tag, label.length + storeId.length, "latin1")
  return bytes
}

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

const tampered = Either.left(new Tampered({ what: "secret store" }))

/** Written out, since every read of a secret comes here. */
const parse = (plaintext: Buffer): Either.Either<VaultEntry, Tampered> => {
  if (plaintext.length < 4) return tampered
  const nameEnd = 4 + plaintext.readUInt32BE(0)
  if (plaintext.length < nameEnd + 16) return tampered
  return Either.right({
    name: plaintext.toString("utf8", 4, nameEnd),
    setAt: plaintext.readBigUInt64BE(nameEnd),
    expiresAt: plaintext.readBigUInt64BE(nameEnd + 8),
    value: Redacted.make(plaintext.toString("utf8", nameEnd + 16))
  })
}

export const open = (
  keyset: Keyset<"Aead">,
  storeId: Uint8Array,
  tag: string,
  sealed: Uint8Array
): Either.Either<VaultEntry, Tampered> => {
  const opened = Aead.open(keyset, sealed, context(storeId, tag))
  if (Either.isLeft(opened)) return tampered
  const plaintext = Buffer.from(opened.right.buffer, opened.right.byteOffset, opened.right.length)
  const entry = parse(plaintext)
  plaintext.fill(0)
  return entry
}

/** The id of the key that sealed it. */
export const keyId = (sealed: Uint8Array): number =>
  sealed.length < 5 ? 0 : new DataView(sealed.buffer, sealed.byteOffset, sealed.length).getUint32(1)
