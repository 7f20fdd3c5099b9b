import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { randomInt } from "node:crypto"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseMaintenance } from "../../../../src/domain/operations/DatabaseMaintenance.ts"
import { bundleWithPackages } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { filenameIn, maintenanceIn, open, read, rows, write } from "./DatabaseUnderTest.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundleWithPackages(join(import.meta.dirname, "maintenanceChild.ts"))
})
afterAll(() => program.remove())

/** Starts `what`, kills it some time after its first line, and gives the lines it finished. */
const killed = (what: string, folder: string, withinMillis: number) =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => program.start(what, folder)),
      ({ process }) => Effect.sync(() => process.kill("SIGKILL"))
    )
    yield* Effect.promise(() => child.printed())
    yield* Effect.sleep(randomInt(withinMillis))
    child.process.kill("SIGKILL")
    yield* Effect.promise(() => child.ended)
    return child.lines()
  }))

const isSound = (file: string) =>
  Effect.scoped(Effect.gen(function*() {
    const { sql } = yield* open(file)
    assert.deepStrictEqual(yield* sql`PRAGMA integrity_check`, [{ integrity_check: "ok" }])
  }))

/** Puts a database with the text `old` in place whose text is in its log, as a killed application leaves it. */
const withLog = (folder: string, file: string) =>
  Effect.scoped(Effect.gen(function*() {
    const source = join(folder, "source.db")
    const { sql, writeTransaction } = yield* open(source)
    yield* sql`PRAGMA wal_autocheckpoint = 0`
    yield* writeTransaction(sql`DELETE FROM text`)
    yield* writeTransaction(
      sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
        INSERT INTO text SELECT 'old' FROM n`
    )
    for (const suffix of ["", "-wal", "-shm", "-journal"]) fs.rmSync(file + suffix, { force: true })
    for (const suffix of ["", "-wal"]) fs.copyFileSync(source + suffix, file + suffix)
    assert.isAbove(fs.statSync(`${file}-wal`).size, 0)
  }))

describe("a database whose maintenance is killed", () => {
  it.scopedLive("is the old one or the new one, whole, after ten kills while copies are put in place", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const file = filenameIn(folder)
      const { backup, restore } = yield* Effect.provide(DatabaseMaintenance, maintenanceIn(folder))
      for (const name of ["a", "b"]) {
        yield* write(file, name)
        yield* backup(join(folder, name))
      }
      const [once] = yield* Effect.timed(restore(join(folder, "b")))
      const found: Array<string> = []
      for (let round = 0; round < 10; round++) {
        yield* withLog(folder, file)
        yield* killed("restore", folder, Math.ceil(2 * Duration.toMillis(once)))
        const text = Option.getOrThrow(yield* read(file))
        assert.include(["old", "a", "b"], text)
        found.push(text)
        yield* isSound(file)
      }
      const kept = fs.readdirSync(dirname(file)).filter((name) => /previous-\w+(-\d+)?$/.test(name))
      for (const name of kept) {
        assert.include(["old", "a", "b"], Option.getOrThrow(yield* read(join(dirname(file), name))))
      }
      assert.isNotEmpty(kept, found.join())
      yield* restore(join(folder, "a"))
      assert.deepStrictEqual(yield* read(file), Option.some("a"))
    }))

  it.scopedLive("is in its place or aside, whole, after ten kills while it is set aside", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const file = filenameIn(folder)
      for (let round = 0; round < 10; round++) {
        const last = (yield* killed("quarantine", folder, 600)).at(-1) ?? ""
        const aside = fs.readdirSync(dirname(file))
          .filter((name) => /damaged-\w+(-\d+)?$/.test(name))
          .map((name) => join(dirname(file), name))
        const texts = yield* Effect.forEach([...aside, file], read)
        assert.isTrue(texts.some((text) => Option.contains(text, last)), `${last} is lost`)
        for (const name of aside) yield* isSound(name)
        for (const name of fs.readdirSync(dirname(file))) fs.rmSync(join(dirname(file), name))
      }
    }))
})
