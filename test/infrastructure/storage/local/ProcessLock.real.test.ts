import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { randomInt } from "node:crypto"
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

const untilTickets = (folder: string, count: number) =>
  Effect.repeat(Effect.sleep("5 millis"), { until: () => tickets(folder).length === count })

/** A waiter that has its place in line. */
const waiter = (folder: string, place: number) =>
  Effect.tap(running(program, "wait", folder), () => untilTickets(folder, place))

/** Of 8 contenders 5 are killed at random moments. */
const fiveKills = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const children = yield* contend(program, folder, 8, 40)
  for (const victim of children.slice(3)) {
    yield* Effect.sleep(Duration.millis(randomInt(50)))
    victim.process.kill("SIGKILL")
  }
  for (const child of children.slice(0, 3)) assert.strictEqual(yield* ended(child), 0)
  assert.isAtMost(Math.max(...overtaken(folder)), 16)
  const lock = yield* SqliteProcessLock.make({ folder })
  yield* lock.withLock("a", "5 seconds")(Effect.void)
  assert.deepStrictEqual(tickets(folder), [])
})

describe("fairness between processes", () => {
  it.scopedLive("of 8 processes that ask 25 times each, nobody is overtaken more than 16 times", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (const child of yield* contend(program, folder, 8, 25)) assert.strictEqual(yield* ended(child), 0)
      const counts = overtaken(folder)
      assert.strictEqual(counts.length, 8 * 25)
      assert.isAtMost(Math.max(...counts), 16)
      assert.deepStrictEqual(tickets(folder), [])
    }))

  it.scopedLive("waiters get the lock in the order in which they asked", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const lock = yield* SqliteProcessLock.make({ folder })
      const waiters = yield* lock.withLock("a", "1 second")(
        Effect.forEach([1, 2, 3, 4], (place) => waiter(folder, place))
      )
      for (const [index, child] of waiters.entries()) {
        yield* printed(child, "held")
        const later = waiters.slice(index + 2)
        assert.isTrue(later.every((other) => !other.lines().includes("held")))
      }
    }))

  it.live("after ten kills of processes that wait or hold, the others go on in order and no ticket is left", () =>
    Effect.repeatN(Effect.scoped(fiveKills), 1))
})

describe("waiters that do not come to hold", () => {
  it.scopedLive.each(["SIGINT", "SIGTERM"] as const)(
    "one that %s interrupts leaves nothing",
    (signal) =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const lock = yield* SqliteProcessLock.make({ folder })
        yield* lock.withLock("a", "1 second")(
          Effect.gen(function*() {
            const child = yield* waiter(folder, 1)
            child.process.kill(signal)
            yield* ended(child)
            assert.deepStrictEqual(tickets(folder), [])
          })
        )
      })
  )

  it.scopedLive("one that is killed holds up the next for seconds at most", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* lock.withLock("a", "1 second")(
        Effect.gen(function*() {
          const child = yield* waiter(folder, 1)
          child.process.kill("SIGKILL")
          yield* ended(child)
        })
      )
      assert.strictEqual(yield* lock.withLock("a", "5 seconds")(Effect.succeed("mine")), "mine")
      assert.deepStrictEqual(tickets(folder), [])
    }))

  it.scopedLive("one that is stopped is passed by, and takes its turn when it goes on", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const lock = yield* SqliteProcessLock.make({ folder })
      const stopped = yield* lock.withLock("a", "1 second")(
        Effect.tap(waiter(folder, 1), (child) => Effect.sync(() => child.process.kill("SIGSTOP")))
      )
      assert.strictEqual(yield* lock.withLock("a", "10 seconds")(Effect.succeed("mine")), "mine")
      assert.isFalse(stopped.lines().includes("held"))
      stopped.process.kill("SIGCONT")
      yield* printed(stopped, "held")
      assert.strictEqual(yield* ended(stopped), 0)
      assert.isTrue(Option.isSome(yield* lock.tryHold("a")))
      assert.deepStrictEqual(tickets(folder), [])
    }))
})
