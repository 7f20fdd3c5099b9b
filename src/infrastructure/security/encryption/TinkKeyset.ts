/**
 * Keysets as records of Tink's `google.crypto.tink.Keyset`, between the value and its binary and JSON forms.
 */
import { Either, Redacted } from "effect"
import { primitiveOf } from "./Key.ts"
import type { Key, KeyStatus, OpaqueKey, Primitive, VerificationKey } from "./Key.ts"
import type { Keyset } from "./Keyset.ts"
import { InvalidKeyset, UnsupportedKey } from "./KeysetFailure.ts"
import * as TinkKey from "./TinkKey.ts"

/** In the order of Tink's numbers, which start at 1. */
export const statuses: ReadonlyArray<KeyStatus> = ["ENABLED", "DISABLED", "DESTROYED"]
export const prefixes: ReadonlyArray<OpaqueKey["prefix"]> = ["TINK", "LEGACY", "RAW", "CRUNCHY"]
export const keyMaterialTypes = ["SYMMETRIC", "ASYMMETRIC_PRIVATE", "ASYMMETRIC_PUBLIC", "REMOTE"] as const

export interface TinkKeyRecord extends TinkKey.KeyData {
  readonly keyId: number
  readonly status: KeyStatus
  readonly outputPrefixType: OpaqueKey["prefix"]
}

export interface TinkKeysetRecord {
  readonly primaryKeyId: number
  readonly key: ReadonlyArray<TinkKeyRecord>
}

/** More bytes or characters than this, or more keys, is not a keyset. */
export const maxBytes = 1024 * 1024
export const maxKeys = 1000

const dataOf = (key: Key): TinkKey.KeyData =>
  key.algorithm === "OPAQUE"
    ? { typeUrl: key.typeUrl, keyMaterialType: key.keyMaterialType, value: Redacted.value(key.material) }
    : TinkKey.encode(key)

/** What `write` makes of the keyset's record. Throws `InvalidKeyset` for more than could be read again. */
export const written = <A extends { readonly length: number }>(
  { keys, primary }: Keyset,
  write: (record: TinkKeysetRecord) => A
): A => {
  if (keys.length > maxKeys) throw new InvalidKeyset()
  const output = write({
    primaryKeyId: primary,
    key: keys.map((key) => ({ ...dataOf(key), keyId: key.id, status: key.status, outputPrefixType: key.prefix }))
  })
  if (output.length > maxBytes) throw new InvalidKeyset()
  return output
}

/** `UnsupportedKey` when no key is of a type known here; other keys that are not are kept as they are. */
export const fromRecord = (record: TinkKeysetRecord): Either.Either<Keyset, InvalidKeyset | UnsupportedKey> => {
  // Before the keys, because making some kinds ready takes long.
  if (record.key.length > maxKeys) return Either.left(new InvalidKeyset())
  const keys = record.key.map((key) =>
    TinkKey.decode(key, { id: key.keyId, status: key.status, prefix: key.outputPrefixType })
  )
  const ids = new Set(keys.map(({ id }) => id))
  const primary = keys.find(({ id }) => id === record.primaryKeyId)
  const primitives = new Set(keys.flatMap((key) => key.algorithm === "OPAQUE" ? [] : [primitiveOf[key.algorithm]]))
  const [primitive] = primitives
  if (
    ids.has(0) || ids.size !== keys.length || primary?.status !== "ENABLED" || primitives.size > 1
  ) return Either.left(new InvalidKeyset())
  if (primitive === undefined) {
    return Either.left(new UnsupportedKey({ found: primary.algorithm === "OPAQUE" ? primary.typeUrl : "" }))
  }
  return Either.right({ primitive, primary: primary.id, keys } satisfies Keyset<Primitive>)
}

const isPublic = (key: Key): key is VerificationKey | OpaqueKey =>
  key.algorithm === "ED25519_PUBLIC"
  || (key.algorithm === "OPAQUE" && (key.keyMaterialType === TinkKey.materialTypes.public || isEmpty(key)))

const isEmpty = ({ material }: OpaqueKey) => Redacted.value(material).length === 0

/** The keyset itself when no key of it is secret. */
export const publicOnly = (keyset: Keyset): Either.Either<Keyset<"Verification">, UnsupportedKey> =>
  keyset.primitive === "Verification" && keyset.keys.every(isPublic)
    ? Either.right(keyset as Keyset<"Verification">)
    : Either.left(new UnsupportedKey({ found: keyset.primitive }))
