import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import * as SqliteFile from "../../../../src/infrastructure/storage/local/SqliteFile.ts"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { canDropRights, canMount, installed } from "../../../support/needs.ts"
import { asNobody, nobody, smallDisk } from "../../../support/refusingDisk.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { open } from "./databaseChild.ts"
import * as LocalDatabaseCycles from "./LocalDatabaseCycles.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "databaseChild.ts"))
  // For children of another user.
  fs.chmodSync(dirname(program.file), 0o755)
})
afterAll(() => program.remove())

const cycles = LocalDatabaseCycles.make(() => program)

const linesOf = (command: string, ...args: ReadonlyArray<string>) => {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" })
  assert.strictEqual(status, 0)
  return stdout.split("\n").filter((line) => line !== "")
}

const grow = (folder: string) => [process.execPath, program.file, "grow", folder, "30"] as const

describe("LocalDatabase between processes", () => {
  it.scopedLive("of 8 processes that migrate at once one does, and all find it done", () => cycles.allMigrate(8))

  it.scopedLive("after ten kills while writing every acknowledged write is there, and no half one", () =>
    cycles.whileWriting("write", 10))

  it.scopedLive("after ten kills around checkpoints every acknowledged write is there, and no half one", () =>
    cycles.whileWriting("checkpoint", 10))

  it.scopedLive("after ten kills while migrating the next process migrates", () => cycles.whileMigrating(10))

  it.scopedLive("a process waits 3 seconds for another one's write without standing still", () =>
    Effect.gen(function*() {
      const { busy, idle } = yield* cycles.stall(3000)
      // 50 ms of its own, 5000 in the driver; the margin is the machine's, which other tests use as well.
      assert.isBelow(busy, Math.max(500, 50 + 3 * idle), `stood still for ${busy} ms, and ${idle} ms when idle`)
    }))
})

describe("a database on a disk that refuses", () => {
  const isMountable = canMount()

  it.scopedLive.skipIf(!isMountable)(
    "a full one: Full, nothing torn, and it works again with more space",
    () =>
      Effect.gen(function*() {
        const folder = join(yield* temporaryFolder, "data")
        yield* smallDisk(folder, "2m")
        assert.deepStrictEqual(linesOf(...grow(folder)), ["Full", "whole"])
        execFileSync("mount", ["-o", "remount,size=8m", folder])
        yield* Effect.scoped(Effect.gen(function*() {
          const { sql, writeTransaction } = yield* open(folder)
          assert.deepStrictEqual(yield* sql`PRAGMA integrity_check`, [{ integrity_check: "ok" }])
          yield* writeTransaction(sql`DELETE FROM pair`)
        }))
      })
  )

  it.scopedLive.skipIf(!installed("prlimit"))(
    "a file that may not grow: typed, nothing torn, and it works without the limit",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* Effect.scoped(open(folder))
        // The signal that comes with it would end the process; Node ignores it.
        const [failure, state] = linesOf("prlimit", "--fsize=1000000", ...grow(folder))
        assert.include(["Full", "Io"], failure)
        assert.strictEqual(state, "whole")
        const { sql, writeTransaction } = yield* open(folder)
        assert.deepStrictEqual(yield* sql`PRAGMA integrity_check`, [{ integrity_check: "ok" }])
        yield* writeTransaction(sql`DELETE FROM pair`)
      })
  )

  it.scopedLive.skipIf(!canDropRights())(
    "files that may not be written: ReadOnly or Io, and unchanged",
    () =>
      Effect.gen(function*() {
        const folder = join(yield* temporaryFolder, "data")
        fs.chmodSync(dirname(folder), 0o755)
        fs.mkdirSync(folder, { mode: 0o700 })
        fs.chownSync(folder, nobody, nobody)
        const grown = () => linesOf(...asNobody, ...grow(folder).slice(0, -1), "1")
        assert.deepStrictEqual(grown(), ["done", "whole"])
        const file = join(folder, "data.db")
        const before = fs.readFileSync(file)
        fs.chmodSync(file, 0o444)
        assert.deepStrictEqual(grown(), ["ReadOnly", "whole"])
        fs.chmodSync(file, 0o000)
        assert.deepStrictEqual(grown(), ["open: Io"])
        fs.chmodSync(file, 0o600)
        for (const other of [`${file}-wal`, `${file}-shm`]) fs.rmSync(other, { force: true })
        fs.chmodSync(folder, 0o500)
        assert.deepStrictEqual(grown(), ["open: ReadOnly"])
        fs.chmodSync(folder, 0o000)
        assert.deepStrictEqual(grown(), ["open: ReadOnly"])
        fs.chmodSync(folder, 0o700)
        assert.isTrue(fs.readFileSync(file).equals(before))
        // What was left by those who could only read does not keep it from being written.
        fs.chmodSync(file, 0o444)
        assert.deepStrictEqual(grown(), ["ReadOnly", "whole"])
        fs.chmodSync(file, 0o600)
        assert.deepStrictEqual(grown(), ["done", "whole"])
      })
  )

  it.scopedLive("a folder that was removed: Io for a durable write, and no new one appears", () =>
    Effect.gen(function*() {
      const folder = join(yield* temporaryFolder, "data")
      const { sql, writeTransaction } = yield* open(folder)
      fs.rmSync(folder, { recursive: true })
      const failure = yield* Effect.flip(writeTransaction(sql`INSERT INTO pair (n) VALUES (1)`))
      assert.strictEqual(failure._tag, "Io")
      assert.isFalse(fs.existsSync(folder))
    }))
})

describe("the write-ahead log", () => {
  it.scopedLive("is cut back once a reader that kept it from starting again is gone", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { readSnapshot, sql, writeTransaction } = yield* open(folder)
      const size = () => fs.statSync(join(folder, "data.db-wal")).size
      const reading = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const reader = yield* Effect.fork(
        readSnapshot(Effect.zipRight(Deferred.succeed(reading, undefined), Deferred.await(finish)))
      )
      yield* Deferred.await(reading)
      yield* sql`CREATE TABLE blob (content BLOB)`
      const write = writeTransaction(sql`INSERT INTO blob VALUES (zeroblob(4000000))`, { durability: "relaxed" })
      yield* Effect.replicateEffect(write, 20, { discard: true })
      assert.isAbove(size(), SqliteFile.journalSizeLimit)
      yield* Deferred.succeed(finish, undefined)
      yield* Fiber.join(reader)
      yield* Effect.replicateEffect(write, 3, { discard: true })
      assert.isAtMost(size(), SqliteFile.journalSizeLimit)
    }))
})
