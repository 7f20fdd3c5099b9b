import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import { bundle } from "../../../support/childProgram.ts"
import type { Child, ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "storageChild.ts"))
})
afterAll(() => program.remove())

/** A process that ends with the scope at the latest. */
const running = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => program.start(...args)),
    (child) => Effect.sync(() => child.process.kill("SIGKILL"))
  )

const printed = (child: Child, line: string) => Effect.promise(() => child.printed(line))

const ended = (child: Child) => Effect.promise(() => child.ended)

describe("ProcessLock between processes", () => {
  it.scopedLive("a lock is held until its owner is killed, and free at once after that", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const lock = yield* SqliteProcessLock.make({ folder })
      for (let round = 0; round < 10; round += 1) {
        const owner = yield* running("hold", folder)
        yield* printed(owner, "held")
        assert.isTrue(Option.isNone(yield* Effect.scoped(lock.tryHold("a"))))
        owner.process.kill("SIGKILL")
        yield* ended(owner)
        assert.isTrue(Option.isSome(yield* Effect.scoped(lock.tryHold("a"))))
      }
    }))

  it.scopedLive("a waiter gets the lock when its owner is killed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const lock = yield* SqliteProcessLock.make({ folder })
      const owner = yield* running("hold", folder)
      yield* printed(owner, "held")
      const waiting = yield* Effect.fork(lock.withLock("a", "30 seconds")(Effect.succeed("mine")))
      yield* Effect.sleep("100 millis")
      owner.process.kill("SIGKILL")
      assert.strictEqual(yield* waiting, "mine")
    }))

  it.scopedLive("4 processes lose none of 4 x 50 changes", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(join(folder, "number"), "0")
      const children = yield* Effect.all(Array.from({ length: 4 }, () => running("increment", folder, "50")))
      for (const child of children) assert.strictEqual(yield* ended(child), 0)
      assert.strictEqual(fs.readFileSync(join(folder, "number"), "utf8"), "200")
    }))
})
