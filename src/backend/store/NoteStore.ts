/**
 * Notes of every account. Each applied mutation takes the account's next sequence number, so that "what changed since"
 * is one index range. Content comes in and goes out sealed.
 */
import { Clock, Context, Data, Duration, Effect, Layer, Option } from "effect"
import { randomUUID } from "node:crypto"
import type { UserId } from "../../domain/auth/User.ts"
import type { NoteId } from "../../domain/notes/Note.ts"
import type { StorageFailure } from "../../domain/storage/StorageFailure.ts"
import type { MutationId } from "../../infrastructure/network/api/contract/NotesApi.ts"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"

/** A note as it is stored; `none` is a tombstone. */
export interface StoredNote {
  readonly noteId: NoteId
  readonly version: number
  readonly updatedAt: number
  readonly sealed: Option.Option<Uint8Array>
}

/** `none` deletes. */
export interface NoteWrite {
  readonly mutationId: MutationId
  readonly noteId: NoteId
  readonly baseVersion: number
  readonly sealed: Option.Option<Uint8Array>
}

export type WriteOutcome = Data.TaggedEnum<{
  /** `isNew` is false when the mutation had been applied before, or there was nothing to do. */
  Applied: { readonly version: number; readonly isNew: boolean }
  Conflict: { readonly current: StoredNote }
  Rejected: { readonly reason: string }
}>
export const WriteOutcome = Data.taggedEnum<WriteOutcome>()

/** A place in one account's history; sequences of different epochs cannot be compared. */
export interface Position {
  readonly epoch: string
  readonly sequence: number
}

export interface StoredChanges {
  readonly notes: ReadonlyArray<StoredNote>
  readonly position: Position
  readonly more: boolean
  readonly reset: boolean
}

const notesPerAccount = 50_000

/** Idempotency keys are remembered for this long. */
const mutationLife = Duration.toMillis("30 days")

/** A page also ends after this many sealed bytes, so that it stays a fraction of the heap. */
const pageBytes = 4 * 1024 * 1024

export class NoteStore extends Context.Tag("effect-strata/backend/store/NoteStore")<
  NoteStore,
  {
    /** All in one transaction, in order; one outcome per write. */
    readonly apply: (
      account: UserId,
      writes: ReadonlyArray<NoteWrite>
    ) => Effect.Effect<{ readonly outcomes: ReadonlyArray<WriteOutcome>; readonly position: Position }, StorageFailure>

    /** At most `limit` notes that changed after `position`, oldest change first. */
    readonly changes: (
      account: UserId,
      position: Option.Option<Position>,
      limit: number
    ) => Effect.Effect<StoredChanges, StorageFailure>
  }
>() {}

interface Row {
  readonly note_id: NoteId
  readonly version: number
  readonly sequence: number
  readonly updated_at: number
  readonly sealed: Uint8Array | null
}

const stored = (row: Row): StoredNote => ({
  noteId: row.note_id,
  version: row.version,
  updatedAt: row.updated_at,
  sealed: Option.fromNullable(row.sealed)
})

export const make = Effect.gen(function*() {
  const { read, sql, writeTransaction } = yield* LocalDatabase

  const head = (account: UserId) =>
    Effect.map(
      sql<Position>`SELECT epoch, sequence FROM note_sequences WHERE account_id = ${account}`,
      (rows) => rows[0]
    )

  const headOrCreate = Effect.fnUntraced(function*(account: UserId) {
    yield* sql`INSERT INTO note_sequences (account_id, epoch, sequence) VALUES (${account}, ${randomUUID()}, 0)
      ON CONFLICT DO NOTHING`
    const created = yield* head(account)
    return yield* Effect.orDie(Effect.fromNullable(created))
  })

  const put = Effect.fnUntraced(function*(account: UserId, write: NoteWrite, sequence: number) {
    const [seen] = yield* sql<{ readonly version: number }>`SELECT version FROM note_mutations
      WHERE account_id = ${account} AND mutation_id = ${write.mutationId}`
    if (seen !== undefined) return WriteOutcome.Applied({ version: seen.version, isNew: false })
    const [current] = yield* sql<Row>`SELECT * FROM notes WHERE account_id = ${account} AND note_id = ${write.noteId}`
    if (current !== undefined && current.sealed === null && Option.isNone(write.sealed)) {
      return WriteOutcome.Applied({ version: current.version, isNew: false })
    }
    if (current !== undefined && write.baseVersion < current.version) {
      return WriteOutcome.Conflict({ current: stored(current) })
    }
    if (current === undefined) {
      const [{ count } = { count: 0 }] = yield* sql<{ readonly count: number }>`
        SELECT COUNT(*) AS count FROM notes WHERE account_id = ${account}`
      if (count >= notesPerAccount) return WriteOutcome.Rejected({ reason: "The account holds too many notes" })
    }
    const now = yield* Clock.currentTimeMillis
    // A base we do not know comes from a device that outlived this database: stay ahead of what it has seen.
    const version = write.baseVersion + 1
    yield* sql`INSERT INTO notes (account_id, note_id, version, sequence, updated_at, sealed)
      VALUES (${account}, ${write.noteId}, ${version}, ${sequence}, ${now}, ${Option.getOrNull(write.sealed)})
      ON CONFLICT (account_id, note_id) DO UPDATE SET version = excluded.version, sequence = excluded.sequence,
        updated_at = excluded.updated_at, sealed = excluded.sealed`
    yield* sql`INSERT INTO note_mutations (account_id, mutation_id, version, at)
      VALUES (${account}, ${write.mutationId}, ${version}, ${now})`
    return WriteOutcome.Applied({ version, isNew: true })
  })

  return NoteStore.of({
    apply: (account, writes) =>
      writeTransaction(Effect.gen(function*() {
        const { epoch, sequence } = yield* headOrCreate(account)
        let last = sequence
        const outcomes: Array<WriteOutcome> = []
        for (const write of writes) {
          const outcome = yield* put(account, write, last + 1)
          if (outcome._tag === "Applied" && outcome.isNew) last += 1
          outcomes.push(outcome)
        }
        yield* sql`UPDATE note_sequences SET sequence = ${last} WHERE account_id = ${account}`
        yield* sql`DELETE FROM note_mutations WHERE at <= ${(yield* Clock.currentTimeMillis) - mutationLife}`
        return { outcomes, position: { epoch, sequence: last } }
      })),

    changes: Effect.fnUntraced(function*(account, position, limit) {
      const current = (yield* read(head(account))) ?? (yield* writeTransaction(headOrCreate(account)))
      const usable = Option.filter(
        position,
        ({ epoch, sequence }) => epoch === current.epoch && sequence <= current.sequence
      )
      const after = Option.match(usable, { onNone: () => 0, onSome: ({ sequence }) => sequence })
      const rows = yield* read(sql<Row>`
        SELECT * FROM (
          SELECT *, SUM(IFNULL(LENGTH(sealed), 0)) OVER (ORDER BY sequence) - IFNULL(LENGTH(sealed), 0) AS bytes_before
          FROM (SELECT * FROM notes WHERE account_id = ${account} AND sequence > ${after} ORDER BY sequence
            LIMIT ${limit + 1})
        ) WHERE bytes_before < ${pageBytes} ORDER BY sequence`)
      const page = rows.slice(0, limit)
      const sequence = page.at(-1)?.sequence ?? after
      const [next] = yield* read(
        sql`SELECT 1 FROM notes WHERE account_id = ${account} AND sequence > ${sequence} LIMIT 1`
      )
      return {
        notes: page.map(stored),
        position: { epoch: current.epoch, sequence },
        more: next !== undefined,
        reset: Option.isSome(position) && Option.isNone(usable)
      }
    })
  })
})

/** The history outlives restarts. */
export const layer: Layer.Layer<NoteStore, never, LocalDatabase> = Layer.effect(NoteStore, make)
