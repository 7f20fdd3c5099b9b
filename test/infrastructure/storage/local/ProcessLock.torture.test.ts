import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { randomInt } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { contend, ended, overtaken, printed, running, tickets } from "./Contenders.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "storageChild.ts"))
})
afterAll(() => program.remove())

describe("fairness between processes, at length", () => {
  it.scopedLive("of 8 processes that ask 1,000 times each, nobody is overtaken more than 16 times", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (const child of yield* contend(program, folder, 8, 1_000)) assert.strictEqual(yield* ended(child), 0)
      const counts = overtaken(folder)
      assert.strictEqual(counts.length, 8_000)
      assert.isAtMost(Math.max(...counts), 16)
      assert.deepStrictEqual(tickets(folder), [])
    }))

  it.scopedLive("while 300 contenders are killed or stopped one after the other, 3 others get the lock in order", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const survivors = yield* contend(program, folder, 3, Number.MAX_SAFE_INTEGER)
      for (let round = 0; round < 300; round += 1) {
        const victim = yield* running(program, "contend", folder, "1000", `victim ${round}`)
        yield* printed(victim, "ready")
        yield* Effect.sleep(Duration.millis(randomInt(20)))
        if (round % 3 === 0) {
          victim.process.kill("SIGSTOP")
          yield* Effect.sleep("20 millis")
        }
        victim.process.kill("SIGKILL")
        yield* ended(victim)
      }
      fs.writeFileSync(join(folder, "stop"), "")
      for (const child of survivors) assert.strictEqual(yield* ended(child), 0)
      assert.isAtMost(Math.max(...overtaken(folder)), 16)
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* lock.withLock("a", "5 seconds")(Effect.void)
      assert.deepStrictEqual(tickets(folder), [])
    }))
})
