/**
 * The current session in the `SecureStore`. Writers hold the session's `ProcessLock`.
 */
import { Effect, Option, Redacted, Schema } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import { Corrupt, NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import { SessionRecord } from "./SessionRecord.ts"

/** The entry's name in the store. */
const entryName = "session"

const RecordJson = Schema.parseJson(SessionRecord)
const decode = Schema.decodeOption(RecordJson)
const encode = Schema.encode(RecordJson)
const decodeVersion = Schema.decodeOption(Schema.parseJson(Schema.Struct({ version: Schema.Number })))

/** The entry is authentic but not a record we know: written by a newer version, or damaged before it was sealed. */
const unreadable = (text: string) => {
  const newer = Option.exists(decodeVersion(text), ({ version }) => version > 1)
  return new (newer ? NewerThanApp : Corrupt)({ store: "session", operation: "read" })
}

export const make = Effect.gen(function*() {
  const store = yield* SecureStore

  const read: Effect.Effect<Option.Option<SessionRecord>, SecretFailure> = Effect.gen(function*() {
    const entry = yield* store.get(entryName)
    if (Option.isNone(entry)) return Option.none()
    const text = Redacted.value(entry.value)
    const record = decode(text)
    return Option.isSome(record) ? record : yield* unreadable(text)
  })

  const write = Effect.fnUntraced(function*(record: SessionRecord) {
    const text = yield* Effect.orDie(encode(record))
    yield* store.set(entryName, Redacted.make(text))
  })

  /** Removes the entry, readable or not, and gives the session it held. */
  const take: Effect.Effect<Option.Option<SessionRecord>, SecretFailure> = store.modify(
    entryName,
    (entry) => Effect.succeed([Option.flatMap(entry, (text) => decode(Redacted.value(text))), Option.none()] as const)
  )

  /** Fails as reading would when the store is not usable now. */
  const probe: Effect.Effect<void, SecretFailure> = Effect.asVoid(store.has(entryName))

  return { probe, read, take, write }
})
