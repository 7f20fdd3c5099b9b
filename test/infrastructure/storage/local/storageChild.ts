/**
 * What the real tests of this folder run in processes of their own: `node child.mjs <what> <folder> [count] [id]`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { StorageFailure } from "../../../../src/domain/storage/StorageFailure.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"

const rows = 2000

/** Long enough for others to arrive meanwhile. */
const fill = (sql: SqlClient) =>
  Effect.zipRight(
    sql`CREATE TABLE pair (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT`,
    Effect.forEach(Array.from({ length: rows }), () => sql`INSERT INTO pair (n) VALUES (0)`, { discard: true })
  )

export const migrations: ReadonlyArray<Migration> = [
  { id: 1, name: "fill", run: fill },
  { id: 2, name: "empty", run: (sql) => Effect.asVoid(sql`DELETE FROM pair`) }
]

const print = (text: string | number) => Effect.sync(() => void fs.writeSync(1, `${text}\n`))

const open = (folder: string) => SqliteLocalDatabase.make({ filename: join(folder, "data.db"), migrations })

const appendLine = (folder: string, line: string) =>
  Effect.sync(() => fs.appendFileSync(join(folder, "log"), `${line}\n`))

type Program = (folder: string, count: number, id: string) => Effect.Effect<void, StorageFailure | SqlError>

const programs: Record<string, Program> = {
  hold: (folder) =>
    Effect.scoped(Effect.gen(function*() {
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* print(Option.isSome(yield* lock.tryHold("a")) ? "held" : "refused")
      return yield* Effect.never
    })),

  /** Waits for the lock in line and tells when it has it. */
  wait: (folder) =>
    Effect.scoped(Effect.gen(function*() {
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* print("asking")
      yield* lock.withLock("a", "1 minute")(print("held"))
    })),

  /** Asks `count` times between the files `go` and `stop`, and writes into the log when it asked and when it got. */
  contend: (folder, count, id) =>
    Effect.scoped(Effect.gen(function*() {
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* lock.withLock("a", "1 minute")(print("ready"))
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => fs.existsSync(join(folder, "go")) })
      const once = Effect.zipRight(
        appendLine(folder, `ask ${id}`),
        lock.withLock("a", "1 minute")(Effect.zipRight(appendLine(folder, `get ${id}`), Effect.sleep("3 millis")))
      )
      let times = 0
      yield* Effect.repeat(once, { until: () => (times += 1) === count || fs.existsSync(join(folder, "stop")) })
    })),

  /** Reads and writes a number in two steps, which only a lock keeps together. */
  increment: (folder, count) =>
    Effect.scoped(Effect.gen(function*() {
      const lock = yield* SqliteProcessLock.make({ folder })
      const file = join(folder, "number")
      const increment = Effect.gen(function*() {
        const number = yield* Effect.sync(() => Number(fs.readFileSync(file, "utf8")))
        yield* Effect.yieldNow()
        yield* Effect.sync(() => fs.writeFileSync(file, String(number + 1)))
      })
      yield* Effect.repeatN(lock.withLock("number", "1 minute")(increment), count - 1)
    })),

  migrate: (folder) =>
    Effect.scoped(Effect.gen(function*() {
      const { read, sql } = yield* open(folder)
      const steps = yield* read(sql`SELECT id FROM migrations`)
      yield* print(`${steps.length} steps`)
    })),

  /** Keeps the write lock for `count` milliseconds. */
  occupy: (folder, count) =>
    Effect.scoped(
      Effect.flatMap(open(folder), ({ writeTransaction }) =>
        writeTransaction(Effect.zipRight(print("occupied"), Effect.sleep(count))))
    ),

  /** Writes pairs and prints the number of each that was committed. */
  write: (folder) =>
    Effect.scoped(Effect.gen(function*() {
      const { sql, writeTransaction } = yield* open(folder)
      const last = yield* sql<{ readonly n: number | null }>`SELECT max(n) AS n FROM pair`
      for (let n = (last[0]?.n ?? 0) + 1;; n += 1) {
        yield* writeTransaction(Effect.zipRight(
          sql`INSERT INTO pair (n) VALUES (${n})`,
          Effect.zipRight(Effect.yieldNow(), sql`INSERT INTO pair (n) VALUES (${n})`)
        ))
        yield* print(n)
      }
    })),

  cache: (folder) =>
    Effect.scoped(Effect.gen(function*() {
      const cache = yield* SqlCache.make({ filename: join(folder, "cache.db"), maxEntries: 50 })
      for (let n = 1;; n += 1) {
        yield* cache.set(`key ${n % 100}`, "x".repeat(n % 5000), "1 hour")
        yield* print(n)
      }
    }))
}

const [what = "", folder = "", count = "0", id = ""] = process.argv.slice(2)
const program = programs[what]
if (program !== undefined) NodeRuntime.runMain(program(folder, Number(count), id))
