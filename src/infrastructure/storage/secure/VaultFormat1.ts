/**
 * Reading the vault's file of format 1, which is never written any more. It differs from format 2 in that slots have
 * neither flags nor parameters, that the keyset is JSON, and that names and everything else depend on the root key.
 */
import { Either, Option, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { Tampered, WrongSecret } from "../../../domain/storage/SecretFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Aead from "../../security/encryption/Aead.ts"
import * as AesGcm from "../../security/encryption/AesGcm.ts"
import * as Hkdf from "../../security/encryption/Hkdf.ts"
import * as LegacyKeysetJson from "../../security/encryption/LegacyKeysetJson.ts"
import * as Framing from "./Framing.ts"
import type { SlotKey } from "./RootSlot.ts"
import type { VaultEntry } from "./VaultEntry.ts"
import * as VaultFile from "./VaultFile.ts"

export const version = 1

const readSlot = (source: Uint8Array): VaultFile.Slot | undefined =>
  Framing.parse(source, (reader) => ({
    id: reader.u32(),
    flags: 0,
    type: Buffer.from(reader.bytes(reader.u8())).toString("utf8"),
    params: new Uint8Array(0),
    content: reader.rest()
  }))

export const decode = (bytes: Uint8Array): Either.Either<VaultFile.Decoded, StorageFailure> =>
  VaultFile.assemble(
    version,
    bytes,
    Framing.parse(bytes, (reader) => ({
      version: reader.bytes(5),
      storeId: reader.bytes(16),
      generation: reader.u64(),
      createdAt: reader.u64(),
      slots: Array.from({ length: reader.u16() }, () => readSlot(reader.block())),
      keyset: reader.block(),
      entries: VaultFile.readEntries(reader),
      mac: reader.bytes(VaultFile.macLength)
    }))
  )

const tampered = Either.left(new Tampered({ what: "secret store" }))

/** `key` has sealed nothing since format 2. */
const openBox = (key: Uint8Array, box: Uint8Array, context: Uint8Array) =>
  box.length < 28 ? Option.none() : AesGcm.make(key).open(box, 0, context)

/** `commitment (32) | AES-256-GCM box of the root key`. */
export const unwrap = (
  { content, id, type }: VaultFile.Slot,
  { key, slot }: SlotKey,
  storeId: Uint8Array
): Either.Either<Uint8Array, Tampered | WrongSecret> => {
  const derive = (info: string) => Hkdf.derive(Redacted.value(key), info, 32)
  const committed = type === slot && content.length > 32 &&
    timingSafeEqual(content.subarray(0, 32), derive("strata/vault/slot/commitment"))
  const context = Framing.blocks("strata/vault/slot/1", storeId, Framing.u32(id), type)
  const root = openBox(derive("strata/vault/slot/wrap"), content.subarray(32), context)
  if (committed && Option.isSome(root)) return Either.right(root.value)
  return committed || Option.isSome(root) ? tampered : Either.left(new WrongSecret({ slot: type }))
}

const readEntry = (plaintext: Uint8Array): VaultEntry | undefined =>
  Framing.parse(plaintext, (reader) => ({
    name: Buffer.from(reader.block()).toString("utf8"),
    setAt: reader.u64(),
    expiresAt: 0n,
    value: Redacted.make(Buffer.from(reader.rest()).toString("utf8"))
  }))

/** Authenticates the file and opens every entry, which are sealed anew in format 2. */
export const entries = (
  { authenticated, file, mac }: VaultFile.Decoded,
  root: Uint8Array
): Either.Either<ReadonlyArray<VaultEntry>, Tampered> => {
  const macKey = Hkdf.derive(root, "strata/vault/mac", 32)
  if (!timingSafeEqual(createHmac("sha256", macKey).update(authenticated).digest(), mac)) return tampered
  const keysetKey = Hkdf.derive(root, "strata/vault/keyset", 32)
  const json = openBox(keysetKey, file.keyset, Framing.blocks("strata/vault/keyset/1", file.storeId))
  const keyset = Option.flatMap(json, (bytes) => LegacyKeysetJson.decodeAead(Buffer.from(bytes).toString("utf8")))
  if (Option.isNone(keyset)) return tampered
  return Either.all(
    Array.from(
      file.entries,
      ([tag, sealed]) =>
        Aead.open(keyset.value, sealed, Framing.blocks("strata/vault/entry/1", file.storeId, tag)).pipe(
          Either.flatMap((plaintext) => Either.fromNullable(readEntry(plaintext), () => undefined)),
          Either.orElse(() => tampered)
        )
    )
  )
}
