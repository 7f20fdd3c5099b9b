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
  /**
   * Foreign keys are checked once all steps are done, not during them. The texts of its statements are its checksum: to
   * get them it is also run with a client that sends nothing and answers every statement with no rows, so it must touch
   * nothing but `sql`, and end.
   */
  readonly run: (sql: SqlClient) => Effect.Effect<void, SqlError>
  /** It drops or rewrites data that people put there: a copy of the file is made before it. */
  readonly destructive?: boolean
}
