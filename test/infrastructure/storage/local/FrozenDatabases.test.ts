import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { migrations as backend } from "../../../../src/backend/Migrations.ts"
import { migrations as client } from "../../../../src/infrastructure/environments/Database.ts"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const folder = join(import.meta.dirname, "frozen")

/** One file per schema that was ever released: `<database>-<last migration>.db.gz`, `-unchecked` without checksums. */
const databases: Readonly<Record<string, ReadonlyArray<Migration>>> = { client, backend }

const frozen = (name: string, count: number) => join(folder, `${name}-${count}.db.gz`)

const schemaOf = (filename: string, migrations: ReadonlyArray<Migration>) =>
  Effect.scoped(Effect.gen(function*() {
    const { sql } = yield* SqliteLocalDatabase.make({ filename, migrations })
    assert.deepStrictEqual(yield* sql`PRAGMA integrity_check`, [{ integrity_check: "ok" }])
    return yield* sql`
      SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND name <> 'migrations' ORDER BY name`
  }))

describe("databases of released versions", () => {
  for (const [name, migrations] of Object.entries(databases)) {
    // With UPDATE_DOCS=1 the missing one is made; the others never change.
    it.scoped(`the ${name}'s schema of today is among them`, () =>
      Effect.gen(function*() {
        const file = frozen(name, migrations.length)
        if (process.env["UPDATE_DOCS"] === "1" && !fs.existsSync(file)) {
          const filename = join(yield* temporaryFolder, "data.db")
          yield* Effect.scoped(SqliteLocalDatabase.make({ filename, migrations }))
          fs.writeFileSync(file, gzipSync(fs.readFileSync(filename), { level: 9 }))
        }
        assert.isTrue(fs.existsSync(file), `${file} is missing: run this test once with UPDATE_DOCS=1`)
      }))

    for (const file of fs.readdirSync(folder).filter((one) => one.startsWith(`${name}-`))) {
      it.scoped(`${file} opens, keeps its rows and becomes what a new one is`, () =>
        Effect.gen(function*() {
          const place = yield* temporaryFolder
          const filename = join(place, "data.db")
          fs.writeFileSync(filename, gunzipSync(fs.readFileSync(join(folder, file))))
          const fresh = yield* schemaOf(join(place, "fresh.db"), migrations)
          assert.deepStrictEqual(yield* schemaOf(filename, migrations), fresh)
          if (!file.includes("unchecked")) return
          const { sql } = yield* SqliteLocalDatabase.make({ filename, migrations })
          assert.lengthOf(yield* sql`SELECT * FROM notes`, 1)
        }))
    }
  }
})
