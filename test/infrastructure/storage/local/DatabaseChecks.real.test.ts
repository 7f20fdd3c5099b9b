import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { Io } from "../../../../src/domain/storage/StorageFailure.ts"
import * as DatabaseChecks from "../../../../src/infrastructure/storage/local/DatabaseChecks.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import type { Probe } from "../../../../src/infrastructure/telemetry/diagnostics/CollectedDiagnostics.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const answer = ({ check }: Probe) =>
  Effect.map(check, (found) => {
    const [only] = Array.isArray(found) ? found : [found]
    return { status: only?.status, detail: only?.detail, fix: only?.fix }
  })

const whenDamaged = { status: "failed" as const, fix: "Restore it from a backup" }

const filled = (filename: string) =>
  Effect.scoped(Effect.gen(function*() {
    const { sql, writeTransaction } = yield* SqliteLocalDatabase.make({ filename, migrations: [] })
    yield* writeTransaction(Effect.gen(function*() {
      yield* sql`CREATE TABLE notes (text TEXT)`
      yield* Effect.forEach(Array.from({ length: 100 }), () => sql`INSERT INTO notes VALUES (${"x".repeat(900)})`)
    }))
  }))

describe("DatabaseChecks of files", () => {
  it.scoped("a sound file is ok, also while it is in use, and is not changed", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* filled(filename)
      const before = fs.readFileSync(filename)
      const probe = DatabaseChecks.file({ filename, store: "database", whenDamaged })
      assert.strictEqual((yield* answer(probe)).status, "ok")
      assert.isTrue(before.equals(fs.readFileSync(filename)))
      yield* SqliteLocalDatabase.make({ filename, migrations: [] })
      assert.strictEqual((yield* answer(probe)).status, "ok")
    }))

  it.scoped("a file that is not there yet is ok and stays away", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const probe = DatabaseChecks.file({ filename, store: "database", whenDamaged })
      assert.deepStrictEqual(yield* answer(probe), { status: "ok", detail: "Not there yet", fix: undefined })
      assert.isFalse(fs.existsSync(filename))
    }))

  it.scoped("a file that is not a database, or has a damaged page, tells what to do", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const probe = DatabaseChecks.file({ filename, store: "database", whenDamaged })
      fs.writeFileSync(filename, "not a database ".repeat(1000))
      assert.deepStrictEqual(yield* answer(probe), { ...whenDamaged, detail: "It is damaged: file is not a database" })
      fs.rmSync(filename)
      yield* filled(filename)
      fs.writeFileSync(filename, fs.readFileSync(filename).fill(0xAB, 4096 * 3, 4096 * 5))
      const { fix, status } = yield* answer(probe)
      assert.deepStrictEqual({ fix, status }, whenDamaged)
    }))

  it.effect("a file that cannot even be looked for does not open", () =>
    Effect.gen(function*() {
      const filename = new Io({ store: "cache", operation: "open" })
      const probe = DatabaseChecks.file({ filename, store: "cache", whenDamaged })
      assert.deepStrictEqual((yield* answer(probe)).detail, "It does not open (Io)")
    }))
})
