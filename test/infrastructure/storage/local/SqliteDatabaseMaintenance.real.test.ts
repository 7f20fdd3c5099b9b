import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import * as fs from "node:fs"
import { basename, dirname, join } from "node:path"
import { contract } from "../../../../src/testing/contract/DatabaseMaintenanceContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { bundleWithPackages } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { canMount } from "../../../support/needs.ts"
import * as DatabaseUnderTest from "./DatabaseUnderTest.ts"

suite(contract, "SQLite", DatabaseUnderTest.layer)

let program: ChildProgram
beforeAll(async () => {
  program = await bundleWithPackages(join(import.meta.dirname, "maintenanceChild.ts"))
})
afterAll(() => program.remove())

const { made, open, read, tagOf } = DatabaseUnderTest

/** A process that has the database open until it is killed; then its log stays. */
const user = (folder: string) =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => program.start("use", folder)),
      ({ process }) => Effect.sync(() => process.kill("SIGKILL"))
    )
    yield* Effect.promise(() => child.printed("in use"))
    return {
      kill: Effect.zipRight(Effect.sync(() => child.process.kill("SIGKILL")), Effect.promise(() => child.ended))
    }
  })

const namesIn = (file: string) => fs.readdirSync(dirname(file)).toSorted()

/** Some 60 MB. */
const fill = (file: string) =>
  Effect.scoped(Effect.gen(function*() {
    const { sql, writeTransaction } = yield* open(file)
    yield* writeTransaction(
      sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
        INSERT INTO text SELECT hex(randomblob(2500)) FROM n`
    )
  }))

describe("SqliteDatabaseMaintenance beside other processes", () => {
  it.scopedLive("a database that another process has open is copied with its log, and stays where it is", () =>
    Effect.gen(function*() {
      const { backup, check, file, folder, quarantine, restore } = yield* made
      yield* backup(join(folder, "old"))
      const { kill } = yield* user(folder)
      const before = namesIn(file)
      assert.deepStrictEqual((yield* check).problems, [])
      yield* backup(join(folder, "new"))
      assert.strictEqual(yield* tagOf(restore(join(folder, "old"))), "Busy")
      assert.strictEqual(yield* tagOf(quarantine), "Busy")
      assert.deepStrictEqual(namesIn(file), before)
      yield* kill
      yield* restore(join(folder, "old"))
      yield* restore(join(folder, "new"))
      assert.deepStrictEqual(yield* read(file), Option.some("in the log"))
    }))

  it.scopedLive("the log that a killed process left goes with the old database, and never into the new one", () =>
    Effect.gen(function*() {
      const { backup, file, folder, restore } = yield* made
      yield* backup(join(folder, "copy"))
      yield* (yield* user(folder)).kill
      assert.isAbove(fs.statSync(`${file}-wal`).size, 0)
      const { previous } = yield* restore(join(folder, "copy"))
      assert.deepStrictEqual(namesIn(file), [file, Option.getOrThrow(previous)].map((path) => basename(path)))
      assert.deepStrictEqual(yield* read(file), Option.some("first"))
      assert.deepStrictEqual(yield* read(Option.getOrThrow(previous)), Option.some("in the log"))
    }))

  it.scopedLive("a sound database is set aside with what its log had, in the one file", () =>
    Effect.gen(function*() {
      const { file, folder, quarantine } = yield* made
      yield* (yield* user(folder)).kill
      const aside = Option.getOrThrow(yield* quarantine)
      assert.match(aside, /strata\.db\.damaged-\d{8}T\d{6}Z$/)
      assert.deepStrictEqual(namesIn(file), [basename(aside)])
      assert.deepStrictEqual(yield* read(aside), Option.some("in the log"))
    }))

  it.scopedLive("a damaged database is set aside byte for byte, with its log", () =>
    Effect.gen(function*() {
      const { file, folder, quarantine } = yield* made
      yield* (yield* user(folder)).kill
      fs.writeFileSync(file, fs.readFileSync(file).fill("not a database "))
      const before = ["", "-wal"].map((suffix) => fs.readFileSync(file + suffix))
      const aside = Option.getOrThrow(yield* quarantine)
      for (const [index, suffix] of ["", "-wal"].entries()) {
        assert.isFalse(fs.existsSync(file + suffix))
        assert.isTrue(before[index]?.equals(fs.readFileSync(aside + suffix)), suffix)
      }
    }))

  it.scopedLive("the log of a file that was cut to nothing is kept, whatever is done", () =>
    Effect.gen(function*() {
      const { backup, check, file, folder, quarantine, restore } = yield* made
      yield* backup(join(folder, "copy"))
      yield* (yield* user(folder)).kill
      fs.truncateSync(file)
      const log = fs.readFileSync(`${file}-wal`)
      const isKept = (path: string) => assert.isTrue(log.equals(fs.readFileSync(`${path}-wal`)))
      assert.isNotEmpty((yield* check).problems)
      isKept(file)
      assert.strictEqual(yield* tagOf(backup(join(folder, "other"))), "Corrupt")
      isKept(file)
      const aside = Option.getOrThrow(yield* quarantine)
      isKept(aside)
      for (const suffix of ["", "-wal"]) fs.copyFileSync(aside + suffix, file + suffix)
      const { previous } = yield* restore(join(folder, "copy"))
      isKept(Option.getOrThrow(previous))
      assert.deepStrictEqual(yield* read(file), Option.some("first"))
    }))
})

describe("SqliteDatabaseMaintenance on a disk", () => {
  it.scopedLive("copies are for their owner only, in one file, and nothing is left beside them", () =>
    Effect.gen(function*() {
      const { backup, file, folder, restore } = yield* made
      const copies = join(folder, "copies")
      fs.mkdirSync(copies)
      const bytes = yield* backup(join(copies, "copy"))
      assert.deepStrictEqual(fs.readdirSync(copies), ["copy"])
      assert.strictEqual(fs.statSync(join(copies, "copy")).mode & 0o777, 0o600)
      assert.strictEqual(fs.statSync(join(copies, "copy")).size, bytes)
      yield* restore(join(copies, "copy"))
      assert.deepStrictEqual(fs.readdirSync(copies), ["copy"])
      assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600)
      assert.strictEqual(namesIn(file).filter((name) => name.endsWith(".tmp")).length, 0)
    }))

  it.scopedLive("neither copying nor reading every page of 60 MB holds up this process", () =>
    Effect.gen(function*() {
      const { backup, check, file, folder } = yield* made
      yield* fill(file)
      let ticks = 0
      const tick = Effect.zipRight(Effect.sync(() => (ticks += 1)), Effect.sleep("5 millis"))
      yield* Effect.forkScoped(Effect.forever(tick))
      const start = process.hrtime.bigint()
      yield* check
      yield* backup(join(folder, "copy"))
      const millis = Number(process.hrtime.bigint() - start) / 1e6
      assert.isAbove(ticks, millis / 50, `${ticks} in ${millis} ms`)
    }))

  it.scopedLive("an interrupted copy leaves nothing behind, whenever it is interrupted", () =>
    Effect.gen(function*() {
      const { backup, check, file, folder } = yield* made
      yield* fill(file)
      const copies = join(folder, "copies")
      fs.mkdirSync(copies)
      const begun = Effect.suspend(() => Effect.succeed(fs.readdirSync(copies).length > 0))
      for (const millis of [0, 50, 150]) {
        const copying = yield* Effect.fork(backup(join(copies, "copy")))
        yield* Effect.repeat(Effect.delay(begun, "5 millis"), { until: (is) => is })
        yield* Effect.sleep(millis)
        yield* Fiber.interrupt(copying)
        assert.deepStrictEqual(fs.readdirSync(copies).filter((name) => name !== "copy"), [])
        fs.rmSync(join(copies, "copy"), { force: true })
      }
      const checking = yield* Effect.fork(check)
      yield* Effect.sleep("150 millis")
      yield* Fiber.interrupt(checking)
    }))

  it.scopedLive.skipIf(!canMount())(
    "a full disk is told as one, and has nothing of the copy",
    () =>
      Effect.gen(function*() {
        const { file, folder } = yield* made
        yield* fill(file)
        const place = join(folder, "small")
        fs.mkdirSync(place)
        const run =
          `mount -t tmpfs -o size=2m tmpfs "${place}" && "$0" "$1" backup "${folder}" "${place}/copy" && ls -A "${place}"`
        const { execFileSync } = yield* Effect.promise(() => import("node:child_process"))
        const words = ["-m", "sh", "-c", run, process.execPath, program.file]
        assert.strictEqual(String(execFileSync("unshare", words)), "Full\n")
      })
  )

  it.scopedLive("what fails where the copy goes is told of the backup", () =>
    Effect.gen(function*() {
      const { backup, file } = yield* made
      const { _tag, message } = yield* Effect.flip(backup(join(file, "copy")))
      assert.strictEqual(_tag, "Io", message)
      assert.include(message, "backup")
      assert.notInclude(message, "database")
    }))

  it.scopedLive("half a copy that a killed process left is removed by the next one, an hour later", () =>
    Effect.gen(function*() {
      const { backup, folder } = yield* made
      const copies = join(folder, "copies")
      fs.mkdirSync(copies)
      const left = [
        "copy.01234567-89ab-cdef-0123-456789abcdef.tmp",
        "copy.01234567-89ab-cdef-0123-456789abcdef.tmp-journal"
      ]
      const others = ["copy.fedcba98-89ab-cdef-0123-456789abcdef.tmp", "copy.notes.tmp"]
      for (const name of [...left, ...others]) fs.writeFileSync(join(copies, name), "")
      const now = fs.statSync(join(copies, "copy.notes.tmp")).mtimeMs / 1000
      for (const name of [...left, "copy.notes.tmp"]) fs.utimesSync(join(copies, name), now - 3700, now - 3700)
      yield* backup(join(copies, "copy"))
      assert.deepStrictEqual(fs.readdirSync(copies).toSorted(), ["copy", ...others].toSorted())
    }))
})
