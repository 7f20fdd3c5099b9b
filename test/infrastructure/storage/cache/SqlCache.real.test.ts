import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import { entry, served } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { canDropRights, canMount } from "../../../support/needs.ts"
import { asNobody, nobody, smallDisk } from "../../../support/refusingDisk.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { options, region } from "./cacheChild.ts"
import * as CacheKills from "./CacheKills.ts"
import { ended, printed, running } from "./CacheKills.ts"

const times = 10

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "cacheChild.ts"))
  // For children of another user.
  fs.chmodSync(dirname(program.file), 0o755)
})
afterAll(() => program.remove())

describe("a cache whose process is killed ten times", () => {
  for (const what of CacheKills.kinds) {
    it.scopedLive(`in the middle of "${what}" opens and works`, () =>
      Effect.flatMap(temporaryFolder, (folder) => CacheKills.survives(program, what, folder, times)))
  }

  it.scopedLive("has no entry that was removed", () =>
    Effect.flatMap(temporaryFolder, (folder) => CacheKills.keepsRemovals(program, folder, times)))
})

describe("a cache that processes share", () => {
  it.scopedLive("loads each of 20 keys once for 4 processes of 250 callers each", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const children = yield* Effect.all(Array.from({ length: 4 }, () => running(program, "load", folder)))
      for (const child of children) yield* printed(child, "ready")
      fs.writeFileSync(join(folder, "go"), "")
      for (const child of children) {
        assert.strictEqual(yield* ended(child), 0)
        assert.include(child.lines(), "good")
      }
      const loads = fs.readFileSync(join(folder, "loads"), "utf8").trim().split("\n")
      assert.strictEqual(loads.length, 20)
    }))

  it.scopedLive("drops from one's memory what another one removed, within a tenth of a second", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const cache = yield* SqlCache.make(options(folder))
      yield* cache.set(region, "a", "1")
      assert.isTrue(Option.isSome(yield* cache.get(region, "a")))
      const child = yield* running(program, "removeOnce", folder)
      assert.strictEqual(yield* ended(child), 0)
      yield* Effect.sleep("100 millis")
      assert.isTrue(Option.isNone(yield* cache.get(region, "a")))
    }))

  it.scopedLive("refuses what a leader brings that was stopped and has been replaced", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const store = yield* SqlCache.makeStore(options(folder))
      const leader = yield* running(program, "lead", folder)
      yield* printed(leader, "claimed")
      assert.isTrue(Option.isNone(yield* Effect.scoped(store.claim("a"))))
      leader.process.kill("SIGSTOP")
      const generation = yield* store.generation
      const claim = yield* Effect.repeat(Effect.delay(store.claim("a"), "50 millis"), { until: Option.isSome })
      yield* Option.getOrThrow(claim).put(entry("a", "new", { generation }))
      fs.writeFileSync(join(folder, "go"), "")
      leader.process.kill("SIGCONT")
      assert.strictEqual(yield* ended(leader), 0)
      assert.include(leader.lines(), "refused")
      assert.strictEqual(yield* served(store, "a"), "new")
    }))
})

const run = (command: string, ...args: ReadonlyArray<string>) => {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" })
  return { status, lines: stdout.split("\n").filter((line) => /^(?:first|second|key 99)/.test(line)) }
}

const child = (what: string, folder: string) => run(process.execPath, program.file, what, folder)

/** What `fill` sees wherever there is no room on the disk, or no right to it. */
const filled = ["first 1", "first undefined", "second 1", "key 99 20000"]

describe("a cache on a disk that refuses", () => {
  it.scopedLive("a limit of the file's size: reads go on, and no invalidation is undone by the next start", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const script = "trap '' XFSZ; ulimit -f 512; exec \"$@\""
      const { lines, status } = run("/bin/bash", "-c", script, "sh", process.execPath, program.file, "fill", folder)
      assert.deepStrictEqual({ status, lines }, { status: 0, lines: filled })
      assert.deepStrictEqual(child("read", folder).lines, ["first undefined"])
    }))

  it.scopedLive.skipIf(!canMount())("a full one: the same", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const data = join(folder, "data")
      yield* smallDisk(data, "1m")
      assert.deepStrictEqual(child("fill", data), { status: 0, lines: filled })
      assert.deepStrictEqual(child("read", data).lines, ["first undefined"])
    }))

  it.scopedLive.skipIf(!canDropRights())(
    "a folder or a file that may not be written: memory takes its place",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        fs.chmodSync(folder, 0o755)
        const data = join(folder, "data")
        fs.mkdirSync(data, { mode: 0o700 })
        fs.chownSync(data, nobody, nobody)
        const runAsNobody = (what: string) => run(...asNobody, process.execPath, program.file, what, data)
        assert.strictEqual(runAsNobody("read").status, 0)
        fs.chmodSync(data, 0o500)
        assert.deepStrictEqual(runAsNobody("fill"), { status: 0, lines: filled })
        fs.chmodSync(data, 0o700)
        for (const name of fs.readdirSync(data)) fs.chmodSync(join(data, name), 0o400)
        assert.deepStrictEqual(runAsNobody("fill"), { status: 0, lines: filled })
      })
  )
})
