/**
 * What the real tests of `DatabaseMaintenance` run in processes of their own: `node child.mjs <what> <folder> [path]`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { DatabaseMaintenance } from "../../../../src/domain/operations/DatabaseMaintenance.ts"
import type { AlreadyThere, InvalidBackup, NoDatabase } from "../../../../src/domain/operations/DatabaseMaintenance.ts"
import type { StorageFailure } from "../../../../src/domain/storage/StorageFailure.ts"
import { filenameIn, maintenanceIn, open, write } from "./DatabaseUnderTest.ts"

type Failure = StorageFailure | SqlError | InvalidBackup | AlreadyThere | NoDatabase

const print = (text: string) => Effect.sync(() => void fs.writeSync(1, `${text}\n`))

const programs: Record<string, (folder: string, path: string) => Effect.Effect<void, Failure, DatabaseMaintenance>> = {
  /** Has it open, with everything it wrote in the log. */
  use: (folder) =>
    Effect.scoped(Effect.gen(function*() {
      const { sql, writeTransaction } = yield* open(filenameIn(folder))
      yield* sql`PRAGMA wal_autocheckpoint = 0`
      yield* writeTransaction(sql`UPDATE text SET content = 'in the log'`)
      yield* print("in use")
      return yield* Effect.never
    })),

  /** Puts the copies `a` and `b` in place, in turn. */
  restore: (folder) =>
    Effect.gen(function*() {
      const { restore } = yield* DatabaseMaintenance
      for (;;) {
        yield* print("again")
        yield* restore(join(folder, "b"))
        yield* restore(join(folder, "a"))
      }
    }),

  /** Writes a text and sets it aside. */
  quarantine: (folder) =>
    Effect.gen(function*() {
      const { quarantine } = yield* DatabaseMaintenance
      for (let count = 0;; count++) {
        yield* write(filenameIn(folder), `${process.pid}-${count}`)
        yield* print(`${process.pid}-${count}`)
        yield* quarantine
      }
    }),

  backup: (_, path) =>
    Effect.flatMap(DatabaseMaintenance, ({ backup }) => backup(path)).pipe(
      Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: () => "done" }),
      Effect.flatMap(print)
    )
}

const [what = "", folder = "", path = ""] = process.argv.slice(2)

const program = programs[what]
if (program !== undefined) NodeRuntime.runMain(Effect.provide(program(folder, path), maintenanceIn(folder)))
