/**
 * What the real tests of leases run in processes of their own: `node child.mjs <what> <folder>`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import type { Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { StorageFailure } from "../../../../src/domain/storage/StorageFailure.ts"
import type { Grant } from "../../../../src/infrastructure/storage/local/Lease.ts"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as SqlLease from "../../../../src/infrastructure/storage/local/SqlLease.ts"

const createResult: Migration = {
  id: 2,
  name: "create_result",
  run: (sql) => Effect.asVoid(sql`CREATE TABLE result (place INTEGER PRIMARY KEY, fence INTEGER NOT NULL) STRICT`)
}

export const open = (folder: string) =>
  Effect.gen(function*() {
    const migrations = [SqlLease.migration(1), createResult]
    const database = yield* SqliteLocalDatabase.make({ filename: join(folder, "data.db"), migrations })
    const lease = yield* SqlLease.make(database)
    /** Is refused with `LeaseLost` when somebody else has the lease. */
    const write = ({ check, fence }: Grant) =>
      database.writeTransaction(Effect.zipRight(database.sql`INSERT INTO result (fence) VALUES (${fence})`, check))
    return { ...database, lease, write }
  })

const print = (text: string) => Effect.sync(() => void fs.writeSync(1, `${text}\n`))

const untilThere = (file: string) => Effect.repeat(Effect.sleep("5 millis"), { until: () => fs.existsSync(file) })

type Program = (folder: string) => Effect.Effect<void, StorageFailure | SqlError, Scope.Scope>

const programs: Record<string, Program> = {
  /** Takes the lease for longer than any test and keeps it. */
  hold: (folder) =>
    Effect.gen(function*() {
      const { lease } = yield* open(folder)
      yield* print("asking")
      const { fence } = yield* lease.take("a", "1 hour", "10 minutes")
      yield* print("held")
      yield* print(String(fence))
      return yield* Effect.never
    }),

  /** Takes the lease for a short time and writes when told to, whatever happened meanwhile. */
  work: (folder) =>
    Effect.gen(function*() {
      const { lease, write } = yield* open(folder)
      const grant = yield* lease.take("a", "300 millis", "10 minutes")
      yield* Effect.orDie(write(grant))
      yield* print("held")
      yield* print(String(grant.fence))
      yield* untilThere(join(folder, "go"))
      const said = yield* Effect.match(write(grant), {
        onSuccess: () => "written",
        onFailure: ({ _tag }) => _tag === "LeaseLost" ? "refused" : _tag
      })
      yield* print(said)
      yield* Effect.exit(grant.lost)
      yield* print("told")
    })
}

const [what = "", folder = ""] = process.argv.slice(2)
const program = programs[what]
if (program !== undefined) NodeRuntime.runMain(Effect.scoped(program(folder)))
