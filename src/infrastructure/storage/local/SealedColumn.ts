/**
 * A column whose values are sealed, each bound to its table, column and row: moved anywhere else, it does not open.
 */
import { Effect, Either, Schema } from "effect"
import { Crypto } from "../../../domain/security/Crypto.ts"
import type { CryptoFailure, DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"

export interface Options<A, I> {
  /** Of `Crypto`. */
  readonly purpose: string
  readonly table: string
  /** Left out by the only sealed column of a table; what it sealed does not open with a name, or the other way round. */
  readonly column?: string
  readonly schema: Schema.Schema<A, I>
  /** The database as the user knows it; `database` unless told. */
  readonly store?: string
}

/** The values of the primary key, always as many. */
export type RowKey = ReadonlyArray<string>

export interface SealedColumn<A> {
  readonly seal: (key: RowKey, value: A) => Effect.Effect<Uint8Array, SecretFailure>

  /** A value that is authentic but not as the schema says was written by something else than this code: `Corrupt`. */
  readonly open: (key: RowKey, sealed: Uint8Array) => Effect.Effect<A, CryptoFailure | Corrupt>

  /** The failure when this one value is damaged for good; fails when nothing could be opened now. */
  readonly openEither: (
    key: RowKey,
    sealed: Uint8Array
  ) => Effect.Effect<Either.Either<A, DecryptionFailed | Corrupt>, Exclude<CryptoFailure, DecryptionFailed>>
}

const utf8 = new TextEncoder()
const text = new TextDecoder()

/** Lone surrogates would all become the same in UTF-8. */
const escaped = (part: string) =>
  part.replaceAll(/[\\\p{Surrogate}]/gu, (unit) => `\\${unit.charCodeAt(0).toString(16)};`)

/** A length before each part keeps two places from having the same name. */
const nameOf = (part: string) =>
  /\p{Surrogate}/u.test(part) ? `${escaped(part).length}\\${escaped(part)}` : `${part.length}:${part}`

export const make = <A, I>(
  { column, purpose, schema, store = "database", table }: Options<A, I>
): Effect.Effect<SealedColumn<A>, never, Crypto> =>
  Effect.map(Crypto, (crypto) => {
    const json = Schema.parseJson(schema)
    const encode = Schema.encode(json)
    const decode = Schema.decodeEither(json)
    const names = column === undefined ? [table] : [table, column]
    const placeOf = (key: RowKey) => utf8.encode([...names, ...key].map(nameOf).join(""))

    const openEither: SealedColumn<A>["openEither"] = (key, sealed) =>
      crypto.open(purpose, sealed, placeOf(key)).pipe(
        Effect.map((bytes): Either.Either<A, DecryptionFailed | Corrupt> =>
          Either.mapLeft(
            decode(text.decode(bytes)),
            () => new Corrupt({ store, operation: `open ${column ?? "content"} of ${table}` })
          )
        ),
        Effect.catchTag(
          "DecryptionFailed",
          (failure) => Effect.succeed<Either.Either<A, DecryptionFailed | Corrupt>>(Either.left(failure))
        )
      )

    return {
      seal: (key, value) =>
        // A ParseError holds the value.
        Effect.orElse(encode(value), () => Effect.dieMessage(`A sealed value of "${table}" is not as its schema says`))
          .pipe(
            Effect.flatMap((encoded) => crypto.seal(purpose, utf8.encode(encoded), placeOf(key)))
          ),
      open: (key, sealed) => Effect.flatten(openEither(key, sealed)),
      openEither
    }
  })
