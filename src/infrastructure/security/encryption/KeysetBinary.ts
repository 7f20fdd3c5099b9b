/**
 * Keysets in Tink's binary form: the protobuf message `google.crypto.tink.Keyset`.
 */
import { Either, Option } from "effect"
import { insecureSecretAccess } from "./InsecureSecretAccess.ts"
import type { InsecureSecretAccess } from "./InsecureSecretAccess.ts"
import type { Keyset } from "./Keyset.ts"
import { InvalidKeyset } from "./KeysetFailure.ts"
import type { UnsupportedKey } from "./KeysetFailure.ts"
import * as Protobuf from "./Protobuf.ts"
import * as TinkKeyset from "./TinkKeyset.ts"

const number = <A>(names: ReadonlyArray<A>, name: A) => names.indexOf(name) + 1

const write = (keyset: Keyset): Uint8Array =>
  TinkKeyset.written(keyset, ({ key, primaryKeyId }) =>
    Protobuf.encode([
      [1, primaryKeyId],
      ...key.map(({ keyId, keyMaterialType, outputPrefixType, status, typeUrl, value }) =>
        Protobuf.message(2, [
          Protobuf.message(1, [[1, typeUrl], [2, value], [3, keyMaterialType]]),
          [2, number(TinkKeyset.statuses, status)],
          [3, keyId],
          [4, number(TinkKeyset.prefixes, outputPrefixType)]
        ])
      )
    ]))

const readKey = (message: Protobuf.Message): Option.Option<TinkKeyset.TinkKeyRecord> =>
  Option.all({
    data: message.message(1),
    status: Option.fromNullable(TinkKeyset.statuses[message.integer(2) - 1]),
    outputPrefixType: Option.fromNullable(TinkKeyset.prefixes[message.integer(4) - 1])
  }).pipe(
    Option.map(({ data, outputPrefixType, status }) => ({
      typeUrl: data.text(1),
      value: data.bytes(2),
      keyMaterialType: data.integer(3),
      keyId: message.integer(3),
      status,
      outputPrefixType
    })),
    Option.filter(({ keyId, keyMaterialType }) => keyId > 0 && keyMaterialType >= 0)
  )

const read = (bytes: Uint8Array): Either.Either<Keyset, InvalidKeyset | UnsupportedKey> =>
  Option.gen(function*() {
    const message = yield* bytes.length > TinkKeyset.maxBytes ? Option.none() : Protobuf.decode(bytes)
    const key = yield* Option.flatMap(message.messages(2, TinkKeyset.maxKeys), (messages) =>
      Option.all(messages.map(readKey)))
    return { primaryKeyId: message.integer(1), key }
  }).pipe(
    Either.fromOption(() =>
      new InvalidKeyset()
    ),
    Either.flatMap(TinkKeyset.fromRecord)
  )

/** A caller without types has no access by leaving it out. */
export const checkAccess = (access: InsecureSecretAccess): void => {
  if (access !== insecureSecretAccess) throw new TypeError("Keys in clear need `insecureSecretAccess`")
}

/** The result holds the keys in clear. Throws `InvalidKeyset` for more keys or bytes than `decode` takes. */
export const encode = (keyset: Keyset, access: InsecureSecretAccess): Uint8Array => {
  checkAccess(access)
  return write(keyset)
}

export const decode = (
  bytes: Uint8Array,
  access: InsecureSecretAccess
): Either.Either<Keyset, InvalidKeyset | UnsupportedKey> => {
  checkAccess(access)
  return read(bytes)
}

/** For everybody to see. Throws `UnsupportedKey` when, against its type, a key of the keyset is secret. */
export const encodePublic = (keyset: Keyset<"Verification">): Uint8Array =>
  write(Either.getOrThrowWith(TinkKeyset.publicOnly(keyset), (failure) => failure))

export const decodePublic = (
  bytes: Uint8Array
): Either.Either<Keyset<"Verification">, InvalidKeyset | UnsupportedKey> =>
  Either.flatMap(read(bytes), TinkKeyset.publicOnly)
