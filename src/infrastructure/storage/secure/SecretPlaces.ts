/**
 * Which of several secret stores holds the secrets now: a small file that migrations switch.
 */
import { Effect, Option, Schema } from "effect"
import type { SecureStore } from "../../../domain/storage/SecureStore.ts"
import { Corrupt, NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as DurableFile from "./DurableFile.ts"

/** A store and the name it has in the file for ever. */
export interface Place {
  readonly name: string
  readonly store: typeof SecureStore.Service
}

export interface Options {
  /** Which place is the current one; created by the first migration. */
  readonly file: string
  /** The first one is current as long as there is no file. */
  readonly places: readonly [Place, ...ReadonlyArray<Place>]
}

/** Left behind by a migration, as it was then. Removed by `finalize` from `until` on. */
const Retired = Schema.Struct({ place: Schema.String, until: Schema.DateTimeUtc })

const State = Schema.Struct({
  current: Schema.String,
  /** A migration to that place was begun: what is there is its copy, perhaps not all of it. */
  copying: Schema.optionalWith(Schema.String, { as: "Option" }),
  retired: Schema.Array(Retired)
})
export type State = typeof State.Type

const version = 1
const store = "record of secret stores"

const Document = Schema.parseJson(Schema.Struct({ version: Schema.Literal(version), ...State.fields }), { space: 1 })
const Head = Schema.parseJson(Schema.Struct({ version: Schema.Int }))

const decode = (bytes: Uint8Array): Effect.Effect<State, StorageFailure> =>
  Effect.gen(function*() {
    const text = Buffer.from(bytes).toString("utf8")
    const corrupt = () => new Corrupt({ store, operation: "read" })
    const head = yield* Effect.mapError(Schema.decode(Head)(text), corrupt)
    if (head.version > version) return yield* new NewerThanApp({ store, operation: "read" })
    return yield* Effect.mapError(Schema.decode(Document)(text), corrupt)
  })

/** `write` needs the caller to exclude every other writer. */
export const make = ({ file, places }: Options) =>
  Effect.map(DurableFile.make({ file, store }), (disk) => ({
    read: Effect.flatMap(
      disk.read,
      Option.match({
        onNone: (): Effect.Effect<State, StorageFailure> =>
          Effect.succeed({ current: places[0].name, copying: Option.none(), retired: [] }),
        onSome: decode
      })
    ),
    write: (state: State) =>
      Effect.flatMap(Effect.orDie(Schema.encode(Document)({ version, ...state })), (text) =>
        disk.write(Buffer.from(text, "utf8"), "leave")),

    /** `Corrupt` for a name that no place has: the file is of another program, or of a later one. */
    find: (name: string): Effect.Effect<Place, Corrupt> =>
      Effect.mapError(
        Effect.fromNullable(places.find((place) =>
          place.name === name
        )),
        () => new Corrupt({ store, operation: `find "${name}"` })
      )
  }))
