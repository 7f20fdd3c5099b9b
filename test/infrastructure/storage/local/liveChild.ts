/**
 * Writes pairs of rows into `<folder>/data.db` for ever, each pair in one transaction, and prints how many rows there are.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"

const createPair: Migration = {
  id: 1,
  name: "create_pair",
  run: (sql) => Effect.asVoid(sql`CREATE TABLE pair (n INTEGER PRIMARY KEY) STRICT`)
}

export const open = (folder: string) =>
  SqliteLocalDatabase.make({ filename: join(folder, "data.db"), migrations: [createPair], live: ["pair"] })

export const count = ({ sql }: Effect.Effect.Success<ReturnType<typeof open>>) =>
  Effect.map(sql<{ readonly count: number }>`SELECT count(*) AS count FROM pair`, ([row]) => row?.count ?? -1)

const write = (folder: string) =>
  Effect.gen(function*() {
    const database = yield* open(folder)
    const { sql, writeTransaction } = database
    const insert = Effect.zipRight(sql`INSERT INTO pair DEFAULT VALUES`, Effect.yieldNow())
    return yield* Effect.forever(
      writeTransaction(Effect.zipRight(Effect.zipRight(insert, insert), count(database)), { durability: "relaxed" })
        .pipe(
          Effect.tap((rows) => Effect.sync(() => fs.writeSync(1, `${rows}\n`)))
        )
    )
  })

const [what = "", folder = ""] = process.argv.slice(2)
if (what === "write") NodeRuntime.runMain(Effect.scoped(write(folder)))
