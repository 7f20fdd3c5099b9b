import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Ref, Schedule, Stream } from "effect"
import { join } from "node:path"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { ended, running } from "./Contenders.ts"
import { count, open } from "./liveChild.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "liveChild.ts"))
})
afterAll(() => program.remove())

describe("live queries and other processes", () => {
  it.scopedLive("of two that write and are killed ten times, they see whole transactions and in the end all of them", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const database = yield* open(folder)
      const seen = yield* Ref.make<ReadonlyArray<number>>([])
      yield* Effect.forkScoped(
        Stream.runForEach(database.live(["pair"], count(database)), (rows) => Ref.update(seen, (all) => [...all, rows]))
      )
      for (let cycle = 0; cycle < 10; cycle += 1) {
        const writers = yield* Effect.all([running(program, "write", folder), running(program, "write", folder)])
        yield* Effect.promise(() => Promise.all(writers.map((child) => child.printed())))
        yield* Effect.sleep("300 millis")
        for (const child of writers) child.process.kill("SIGKILL")
        for (const child of writers) yield* ended(child)
      }
      const rows = yield* count(database)
      assert.isAbove(rows, 40)
      yield* Effect.repeat(Ref.get(seen), {
        until: (all) => all.at(-1) === rows,
        schedule: Schedule.spaced("5 millis")
      }).pipe(
        Effect.timeout("1 minute")
      )
      const all = yield* Ref.get(seen)
      assert.isAbove(all.length, 10)
      assert.deepStrictEqual(all.filter((each) => each % 2 !== 0), [])
      assert.deepStrictEqual(all, all.toSorted((a, b) => a - b))
    }))
})
