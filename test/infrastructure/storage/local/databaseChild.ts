/**
 * What the tests of this folder do with a database in processes of their own: `node child.mjs <what> <folder> [count]`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect } from "effect"
import type { Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import type { StorageFailure } from "../../../../src/domain/storage/StorageFailure.ts"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"

const rows = 2000

/** Long enough for others to arrive meanwhile, and to be killed in. */
const fill = (sql: SqlClient) =>
  Effect.zipRight(
    sql`CREATE TABLE pair (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT`,
    Effect.forEach(
      Array.from({ length: rows }),
      (_, index) =>
        Effect.zipRight(sql`INSERT INTO pair (n) VALUES (0)`, index % 10 === 0 ? Effect.yieldNow() : Effect.void),
      { discard: true }
    )
  )

export const migrations: ReadonlyArray<Migration> = [
  { id: 1, name: "fill", run: fill },
  { id: 2, name: "empty", run: (sql) => Effect.asVoid(sql`DELETE FROM pair`), destructive: true }
]

export const open = (folder: string) => SqliteLocalDatabase.make({ filename: join(folder, "data.db"), migrations })

const print = (text: string | number) => Effect.sync(() => void fs.writeSync(1, `${text}\n`))

/** Writes pairs and prints the number of each that was committed. */
const writePairs = (folder: string, after: (sql: SqlClient, n: number) => Effect.Effect<unknown, SqlError>) =>
  Effect.gen(function*() {
    const { sql, writeTransaction } = yield* open(folder)
    const last = yield* sql<{ readonly n: number | null }>`SELECT max(n) AS n FROM pair`
    for (let n = (last[0]?.n ?? 0) + 1;; n += 1) {
      yield* writeTransaction(Effect.zipRight(
        sql`INSERT INTO pair (n) VALUES (${n})`,
        Effect.zipRight(Effect.yieldNow(), sql`INSERT INTO pair (n) VALUES (${n})`)
      ))
      yield* print(n)
      yield* after(sql, n)
    }
  })

/** How long `work` took, and the longest time that the event loop stood still during it, in milliseconds. */
const longestStall = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const [took] = yield* Effect.timed(work)
    delay.disable()
    return { stall: delay.max / 1e6, took: Duration.toMillis(took) }
  })

type Program = (folder: string, count: number) => Effect.Effect<void, StorageFailure | SqlError>

const scoped = <A, E>(program: Effect.Effect<A, E, Scope.Scope>) => Effect.scoped(program)

const programs: Record<string, Program> = {
  migrate: (folder) =>
    scoped(Effect.gen(function*() {
      yield* print("begun")
      const { read, sql } = yield* open(folder)
      const steps = yield* read(sql`SELECT id FROM migrations`)
      yield* print(`${steps.length} steps`)
    })),

  /** Keeps the write lock for `count` milliseconds. */
  occupy: (folder, count) =>
    scoped(
      Effect.flatMap(open(folder), ({ writeTransaction }) =>
        writeTransaction(Effect.zipRight(print("occupied"), Effect.sleep(count))))
    ),

  write: (folder) => scoped(writePairs(folder, () => Effect.void)),

  /** Every commit is followed by a checkpoint of one kind or another. */
  checkpoint: (folder) =>
    scoped(
      writePairs(folder, (sql, n) =>
        sql.unsafe(`PRAGMA wal_checkpoint(${["PASSIVE", "FULL", "RESTART", "TRUNCATE"][n % 4]})`))
    ),

  /** Prints how long its event loop stood still during `count` milliseconds, during a wait for a writer, and that wait. */
  stall: (folder, count) =>
    scoped(Effect.gen(function*() {
      const { sql, writeTransaction } = yield* open(folder)
      yield* print("ready")
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => fs.existsSync(join(folder, "go")) })
      const waiting = yield* longestStall(writeTransaction(sql`INSERT INTO pair (n) VALUES (1)`))
      const idle = yield* longestStall(Effect.sleep(count))
      yield* print(`${idle.stall.toFixed(1)} ${waiting.stall.toFixed(1)} ${waiting.took.toFixed(0)}`)
    })),

  /** Writes until something fails, prints what, and what it can read after that. */
  grow: (folder, count) =>
    scoped(Effect.gen(function*() {
      const { read, sql, writeTransaction } = yield* open(folder)
      const add = writeTransaction(sql`INSERT INTO pair (n) SELECT 7 FROM pair UNION ALL SELECT 7`)
      const failed = yield* Effect.merge(Effect.replicateEffect(add, count, { discard: true }))
      yield* print(failed === undefined ? "done" : failed._tag)
      const [row] = yield* read(sql<{ readonly n: number }>`SELECT count(*) AS n FROM pair`)
      yield* print(Math.log2((row?.n ?? 0) + 1) % 1 === 0 ? "whole" : "torn")
    })).pipe(Effect.catchAll(({ _tag }) => print(`open: ${_tag}`)))
}

const [what = "", folder = "", count = "0"] = process.argv.slice(2)
const program = programs[what]
if (program !== undefined) NodeRuntime.runMain(program(folder, Number(count)))
