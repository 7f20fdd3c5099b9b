/**
 * How far each account's notes have been pulled.
 */
import { Effect, Option, Schema } from "effect"
import { UserId } from "../../../domain/auth/User.ts"
import { LocalDatabase } from "../../storage/local/LocalDatabase.ts"
import * as Table from "../../storage/local/Table.ts"

const Row = Schema.Struct({
  principal: UserId,
  cursor: Schema.OptionFromNullOr(Schema.String),
  pulledAt: Schema.OptionFromNullOr(Schema.DateTimeUtcFromNumber),
  sweeping: Table.Flag
})

/** `sweeping` says that the pages since a reset are not all here yet. */
export type SyncState = Omit<typeof Row.Type, "principal">

const table = Table.define({ name: "sync_state", row: Row, primaryKey: ["principal"] })

const initial: SyncState = { cursor: Option.none(), pulledAt: Option.none(), sweeping: false }

/** Statements only: the caller puts those that belong together into one transaction. */
export const make = Effect.map(LocalDatabase, ({ sql }) => {
  const rows = table(sql)
  return {
    read: (principal: UserId) => Effect.map(rows.find({ principal }), Option.getOrElse(() => initial)),
    write: (principal: UserId, state: SyncState) => rows.upsert({ principal, ...state })
  }
})
