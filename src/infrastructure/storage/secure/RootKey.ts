/**
 * The vault's root key, which its slots wrap, and what it protects: the MAC of the file and the keys of the entries.
 * A new root key leaves the entries alone: nothing in them depends on it.
 */
import { Either, Option } from "effect"
import { createHmac, createSecretKey, randomBytes } from "node:crypto"
import type { KeyObject } from "node:crypto"
import { Tampered } from "../../../domain/storage/SecretFailure.ts"
import * as Hkdf from "../../security/encryption/Hkdf.ts"
import { insecureSecretAccess } from "../../security/encryption/InsecureSecretAccess.ts"
import * as Keyset from "../../security/encryption/Keyset.ts"
import * as KeysetBinary from "../../security/encryption/KeysetBinary.ts"
import * as Xaes256Gcm from "../../security/encryption/Xaes256Gcm.ts"
import * as Framing from "./Framing.ts"

const keyLength = 32

/** A key object shows its bytes to nobody who prints it. The bytes given are wiped. */
export const secret = (bytes: Uint8Array): KeyObject => {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

export const random = (): KeyObject => secret(randomBytes(keyLength))

/** Runs `use` on the bytes of a key and wipes that copy. */
export const withBytes = <A>(key: KeyObject, use: (bytes: Uint8Array) => A): A => {
  const bytes = key.export()
  const result = use(bytes)
  bytes.fill(0)
  return result
}

export const hmac = (key: KeyObject, data: Uint8Array | string): Buffer =>
  createHmac("sha256", key).update(data).digest()

/** Authenticates the file. */
export const macKey = (root: KeyObject): KeyObject =>
  secret(withBytes(root, (bytes) => Hkdf.derive(bytes, "strata/vault/2/mac", keyLength)))

/** What is sealed under the root key. */
export interface DataKeys {
  /** Hides the names of entries. */
  readonly nameKey: KeyObject
  /** Seals the entries. */
  readonly keyset: Keyset.Keyset<"Aead">
}

const cipher = (root: KeyObject) =>
  Xaes256Gcm.make(withBytes(root, (bytes) => Hkdf.derive(bytes, "strata/vault/2/keyset", keyLength)))

const context = (storeId: Uint8Array) => Framing.blocks("strata/vault/keyset/2", storeId)

const noPrefix = new Uint8Array(0)

/** Seals `name key (32) | Tink's binary keyset` for one store. */
export const sealKeys = (root: KeyObject, storeId: Uint8Array, { keyset, nameKey }: DataKeys): Uint8Array => {
  const plaintext = withBytes(
    nameKey,
    (bytes) => Buffer.concat([bytes, KeysetBinary.encode(keyset, insecureSecretAccess)])
  )
  const sealed = cipher(root).seal(noPrefix, plaintext, context(storeId))
  plaintext.fill(0)
  return sealed
}

export const openKeys = (
  root: KeyObject,
  storeId: Uint8Array,
  sealed: Uint8Array
): Either.Either<DataKeys, Tampered> =>
  cipher(root).open(sealed, 0, context(storeId)).pipe(
    Option.filter(({ length }) => length > keyLength),
    Either.fromOption(() => undefined),
    Either.flatMap((plaintext) =>
      KeysetBinary.decode(plaintext.subarray(keyLength), insecureSecretAccess).pipe(
        Either.flatMap((keyset) => Keyset.ofPrimitive(keyset, "Aead")),
        Either.map((keyset) => ({ keyset, nameKey: secret(plaintext.subarray(0, keyLength)) }))
      )
    ),
    Either.mapLeft(() => new Tampered({ what: "secret store" }))
  )
