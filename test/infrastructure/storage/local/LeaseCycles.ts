/**
 * Owners of a lease that are killed or stopped, over and over.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Child, ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { ended, printed, running } from "./Contenders.ts"
import { open } from "./leaseChild.ts"

const fenceOf = (child: Child) => Number(child.lines().at(-1))

const isOwner = (child: Child) => child.lines().includes("held")

const asking = (program: ChildProgram, folder: string) =>
  Effect.tap(running(program, "hold", folder), (child) => printed(child, "asking"))

const nextOwner = (waiting: ReadonlyArray<Child>) =>
  Effect.gen(function*() {
    yield* Effect.raceAll(waiting.map((child) => printed(child, "held")))
    const owners = waiting.filter(isOwner)
    assert.lengthOf(owners, 1)
    const [owner] = owners as [Child]
    yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => Number.isInteger(fenceOf(owner)) })
    return owner
  })

/** Three processes want a lease of an hour, and whoever gets it is killed. */
export const kills = (program: ChildProgram, cycles: number) =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    let owner = yield* running(program, "hold", folder)
    yield* nextOwner([owner])
    let waiting = yield* Effect.all([asking(program, folder), asking(program, folder)])
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      assert.isFalse(waiting.some(isOwner))
      owner.process.kill("SIGKILL")
      const next = yield* nextOwner(waiting)
      assert.isAbove(fenceOf(next), fenceOf(owner))
      owner = next
      const [other] = waiting.filter((child) => child !== next) as [Child]
      waiting = [other, yield* asking(program, folder)]
    }
  })

/**
 * A process is stopped for longer than its lease, another one takes it and writes, and the first one goes on. Being
 * stopped in the middle of a statement, it would hold the lock of the file as well: then it gets another moment.
 */
const oneStop = (program: ChildProgram) =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    const { lease, sql, write } = yield* open(folder)
    const old = yield* running(program, "work", folder)
    yield* nextOwner([old])
    const stopped = Effect.acquireRelease(
      Effect.sync(() => old.process.kill("SIGSTOP")),
      () => Effect.sync(() => old.process.kill("SIGCONT"))
    )
    yield* stopped.pipe(
      Effect.zipRight(lease.take("a", "1 minute", "3 seconds")),
      Effect.tap(write),
      Effect.tap((grant) => assert.isAbove(grant.fence, fenceOf(old))),
      Effect.tap(() => fs.writeFileSync(join(folder, "go"), "")),
      Effect.scoped,
      Effect.retry({ times: 5 })
    )
    yield* printed(old, "refused")
    yield* printed(old, "told")
    assert.strictEqual(yield* ended(old), 0)
    const rows = yield* sql<{ readonly fence: number }>`SELECT fence FROM result ORDER BY place`
    const fences = rows.map(({ fence }) => fence)
    assert.lengthOf(fences, 2)
    assert.deepStrictEqual(fences, fences.toSorted((a, b) => a - b))
  })

export const stops = (program: ChildProgram, cycles: number) =>
  Effect.repeatN(Effect.scoped(oneStop(program)), cycles - 1)
