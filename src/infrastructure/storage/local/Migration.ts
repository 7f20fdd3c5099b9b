/**
 * One forward step of the database's schema. A released migration never changes: add another one.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Effect } from "effect"

export interface Migration {
  /** Consecutive over the whole database, from 1. */
  readonly id: number
  /** Low-cardinality, such as `create_notes`. */
  readonly name: string
  readonly run: (sql: SqlClient) => Effect.Effect<void, SqlError>
}
