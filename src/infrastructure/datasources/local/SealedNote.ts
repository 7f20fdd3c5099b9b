/**
 * Title and text of a note as one sealed value, bound to its account, note and table.
 */
import { Effect, Either, Schema } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import type { NoteId } from "../../../domain/notes/Note.ts"
import { Crypto } from "../../../domain/security/Crypto.ts"
import type { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"

/** What a person wrote. */
export const NoteContent = Schema.Struct({ title: Schema.String, text: Schema.String })
export type NoteContent = typeof NoteContent.Type

const purpose = "notes"
const ContentJson = Schema.parseJson(NoteContent)
const encode = Schema.encode(ContentJson)
const decode = Schema.decodeEither(ContentJson)
const utf8 = new TextEncoder()
const text = new TextDecoder()

/** The ids are of known shape or opaque, so a length before each keeps two places from having the same name. */
const place = (table: string, principal: UserId, id: NoteId) =>
  utf8.encode([table, principal, id].map((part) => `${part.length}:${part}`).join(""))

/** What no later attempt mends. */
type Damaged = DecryptionFailed | Corrupt

export const make = Effect.map(Crypto, (crypto) => {
  const seal = (table: string, principal: UserId, id: NoteId, content: NoteContent) =>
    Effect.orDie(encode(content)).pipe(
      Effect.flatMap((json) => crypto.seal(purpose, utf8.encode(json), place(table, principal, id)))
    )

  const opened = (table: string, principal: UserId, id: NoteId, sealed: Uint8Array) =>
    crypto.open(purpose, sealed, place(table, principal, id)).pipe(
      Effect.map((bytes): Either.Either<NoteContent, Damaged> =>
        Either.mapLeft(
          decode(text.decode(bytes)),
          () => new Corrupt({ store: "database", operation: `open content of ${table}` })
        )
      ),
      Effect.catchTag(
        "DecryptionFailed",
        (failure) => Effect.succeed<Either.Either<NoteContent, Damaged>>(Either.left(failure))
      )
    )

  return {
    seal,

    /** A value that is authentic but not a note's content was written by something else than this code: `Corrupt`. */
    open: (...where: Parameters<typeof opened>) => Effect.flatten(opened(...where)),

    /** `none` when this one value is damaged for good; fails when nothing could be opened now. */
    openIfIntact: (...where: Parameters<typeof opened>) => Effect.map(opened(...where), Either.getRight)
  }
})
