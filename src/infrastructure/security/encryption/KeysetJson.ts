/**
 * Keysets in Tink's JSON form: protobuf's JSON mapping of `google.crypto.tink.Keyset`.
 */
import { Either, Schema } from "effect"
import type { InsecureSecretAccess } from "./InsecureSecretAccess.ts"
import type { Keyset } from "./Keyset.ts"
import { checkAccess } from "./KeysetBinary.ts"
import { InvalidKeyset } from "./KeysetFailure.ts"
import type { UnsupportedKey } from "./KeysetFailure.ts"
import * as TinkKeyset from "./TinkKeyset.ts"

const u32 = Schema.Int.pipe(Schema.between(1, 0xffff_ffff))

/** Says no to too many keys before it looks at them. */
const Bounded = Schema.Struct({
  primaryKeyId: Schema.Unknown,
  key: Schema.Array(Schema.Unknown).pipe(Schema.maxItems(TinkKeyset.maxKeys))
})

const Json = Schema.compose(
  Schema.parseJson(Bounded),
  Schema.Struct({
    primaryKeyId: u32,
    key: Schema.Array(Schema.Struct({
      // Absent in what is left of a destroyed key.
      keyData: Schema.optional(Schema.Struct({
        typeUrl: Schema.optionalWith(Schema.String, { default: () => "" }),
        value: Schema.optionalWith(Schema.Uint8ArrayFromBase64, { default: () => new Uint8Array(0) }),
        keyMaterialType: Schema.optional(Schema.Literal(...TinkKeyset.keyMaterialTypes))
      })),
      status: Schema.Literal("ENABLED", "DISABLED", "DESTROYED"),
      keyId: u32,
      outputPrefixType: Schema.Literal("TINK", "LEGACY", "RAW", "CRUNCHY")
    }))
  })
)

const decodeJson = Schema.decodeEither(Json)
const encodeJson = Schema.encodeSync(Json)

const write = (keyset: Keyset): string =>
  TinkKeyset.written(keyset, ({ key, primaryKeyId }) =>
    encodeJson({
      primaryKeyId,
      key: key.map(({ keyId, keyMaterialType, outputPrefixType, status, typeUrl, value }) => ({
        keyData: { typeUrl, value, keyMaterialType: TinkKeyset.keyMaterialTypes[keyMaterialType - 1] },
        status,
        keyId,
        outputPrefixType
      }))
    }))

/** What the decoder says about a failure quotes the keys, so it is dropped. */
const read = (text: string): Either.Either<Keyset, InvalidKeyset | UnsupportedKey> =>
  Either.mapLeft(decodeJson(text.slice(0, TinkKeyset.maxBytes)), () => new InvalidKeyset()).pipe(
    Either.map(({ key, primaryKeyId }) => ({
      primaryKeyId,
      key: key.map(({ keyData, ...rest }) => ({
        ...rest,
        typeUrl: keyData?.typeUrl ?? "",
        value: keyData?.value ?? new Uint8Array(0),
        keyMaterialType: keyData?.keyMaterialType === undefined
          ? 0
          : TinkKeyset.keyMaterialTypes.indexOf(keyData.keyMaterialType) + 1
      }))
    })),
    Either.flatMap(TinkKeyset.fromRecord)
  )

/** The result holds the keys in clear. Throws `InvalidKeyset` for more keys or characters than `decode` takes. */
export const encode = (keyset: Keyset, access: InsecureSecretAccess): string => {
  checkAccess(access)
  return write(keyset)
}

export const decode = (
  text: string,
  access: InsecureSecretAccess
): Either.Either<Keyset, InvalidKeyset | UnsupportedKey> => {
  checkAccess(access)
  return read(text)
}

/** For everybody to see. Throws `UnsupportedKey` when, against its type, a key of the keyset is secret. */
export const encodePublic = (keyset: Keyset<"Verification">): string =>
  write(Either.getOrThrowWith(TinkKeyset.publicOnly(keyset), (failure) => failure))

export const decodePublic = (text: string): Either.Either<Keyset<"Verification">, InvalidKeyset | UnsupportedKey> =>
  Either.flatMap(read(text), TinkKeyset.publicOnly)
