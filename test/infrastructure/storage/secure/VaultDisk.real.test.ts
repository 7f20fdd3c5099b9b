import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { canDropRights, canMount } from "../../../support/needs.ts"
import { asNobody, nobody, smallDisk } from "../../../support/refusingDisk.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import * as VaultKills from "./VaultKills.ts"

let child: ChildProgram

beforeAll(async () => {
  child = await bundle(join(import.meta.dirname, "vaultChild.ts"))
  // For children of another user.
  chmodSync(dirname(child.file), 0o755)
})

afterAll(() => child.remove())

const run = (command: string, ...args: ReadonlyArray<string>) => {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" })
  return { status, lines: stdout.split("\n").filter((line) => line !== "") }
}

const increment = (folder: string) => run(process.execPath, child.file, folder, "increment", "1")

const isMountable = canMount()

describe("a vault on a disk that refuses", () => {
  it.scopedLive.skipIf(!isMountable)(
    "a full one: Full, and the old vault and nothing else is there",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* smallDisk(join(folder, "data"), "16k")
        assert.deepStrictEqual(increment(folder), { status: 0, lines: [] })
        const before = readFileSync(join(folder, "data", "vault"))
        const filler = spawnSync("dd", ["if=/dev/zero", `of=${join(folder, "data", "filler")}`, "bs=1k"])
        assert.notStrictEqual(filler.status, 0)
        assert.deepStrictEqual(increment(folder), { status: 1, lines: ["Full"] })
        assert.deepStrictEqual(readFileSync(join(folder, "data", "vault")), before)
        assert.deepStrictEqual(readdirSync(join(folder, "data")).toSorted(), ["filler", "vault"])
        assert.strictEqual(yield* VaultKills.count(folder), 1)
      })
  )

  it.scopedLive.skipIf(!isMountable)("a read-only one: ReadOnly, and reading goes on", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* smallDisk(join(folder, "data"), "1m")
      assert.strictEqual(increment(folder).status, 0)
      execFileSync("mount", ["-o", "remount,ro", join(folder, "data")])
      assert.deepStrictEqual(increment(folder), { status: 1, lines: ["ReadOnly"] })
      assert.strictEqual(yield* VaultKills.count(folder), 1)
    }))

  it.scopedLive.skipIf(!canDropRights())(
    "a folder that may not be written: ReadOnly; a file that may not be read: Io",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        chmodSync(folder, 0o755)
        for (const name of ["", "config", "data", "locks"]) {
          mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
          chownSync(join(folder, name), nobody, nobody)
        }
        const [data, vault] = [join(folder, "data"), join(folder, "data", "vault")]
        const runAsNobody = (mode: string) => run(...asNobody, process.execPath, child.file, folder, mode, "1")
        assert.deepStrictEqual(runAsNobody("increment"), { status: 0, lines: [] })
        const before = readFileSync(vault)
        chmodSync(data, 0o500)
        assert.deepStrictEqual(runAsNobody("increment"), { status: 1, lines: ["ReadOnly"] })
        assert.strictEqual(runAsNobody("get").status, 0)
        chmodSync(data, 0o700)
        chmodSync(vault, 0o000)
        for (const mode of ["get", "increment"]) {
          assert.deepStrictEqual(runAsNobody(mode), { status: 1, lines: ["Io"] }, mode)
        }
        chmodSync(data, 0o000)
        assert.deepStrictEqual(runAsNobody("get"), { status: 1, lines: ["Io"] })
        chmodSync(data, 0o700)
        assert.deepStrictEqual(readFileSync(vault), before)
        assert.deepStrictEqual(readdirSync(data), ["vault"])
      })
  )
})
