/**
 * How far each account's notes have been pulled.
 */
import { DateTime, Effect, Option } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import { LocalDatabase } from "../../storage/local/LocalDatabase.ts"

/** `sweeping` says that the pages since a reset are not all here yet. */
export interface SyncState {
  readonly cursor: string | undefined
  readonly pulledAt: Option.Option<DateTime.Utc>
  readonly sweeping: boolean
}

interface Row {
  readonly cursor: string | null
  readonly pulled_at: number | null
  readonly sweeping: number
}

/** Statements only: the caller puts those that belong together into one transaction. */
export const make = Effect.map(LocalDatabase, ({ sql }) => ({
  read: (principal: UserId) =>
    sql<Row>`SELECT cursor, pulled_at, sweeping FROM sync_state WHERE principal = ${principal}`.pipe(
      Effect.map(([row]): SyncState => ({
        cursor: row?.cursor ?? undefined,
        pulledAt: Option.map(Option.fromNullable(row?.pulled_at), (millis) => DateTime.unsafeMake(millis)),
        sweeping: row?.sweeping === 1
      }))
    ),

  write: (principal: UserId, state: SyncState) => {
    const pulledAt = Option.getOrNull(Option.map(state.pulledAt, (at) => at.epochMillis))
    return sql`
      INSERT INTO sync_state (principal, cursor, pulled_at, sweeping)
      VALUES (${principal}, ${state.cursor ?? null}, ${pulledAt}, ${state.sweeping ? 1 : 0})
      ON CONFLICT (principal) DO UPDATE SET
        cursor = excluded.cursor, pulled_at = excluded.pulled_at, sweeping = excluded.sweeping`
  }
}))
