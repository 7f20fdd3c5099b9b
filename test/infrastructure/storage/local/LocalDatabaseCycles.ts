/**
 * Databases that many processes use, and that are killed while they do.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { randomInt } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Child, ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { open } from "./databaseChild.ts"

const printed = (child: Child, line?: string) => Effect.promise(() => child.printed(line))

const ended = (child: Child) => Effect.promise(() => child.ended)

/** Starting a process is most of a round: two at a time. */
const lanes = 2

const inLanes = <A, E, R>(lane: Effect.Effect<A, E, R>) =>
  Effect.all(Array.from({ length: lanes }, () => lane), { concurrency: "unbounded", discard: true })

/** Every acknowledged write is there, and no half one. */
const checkPairs = (folder: string, acknowledged: number) =>
  Effect.scoped(Effect.gen(function*() {
    const { sql } = yield* open(folder)
    const [last] = yield* sql<{ readonly n: number }>`SELECT max(n) AS n FROM pair`
    assert.isAtLeast(last?.n ?? 0, acknowledged)
    assert.deepStrictEqual(yield* sql`SELECT n FROM pair GROUP BY n HAVING count(*) <> 2`, [])
    const [all] = yield* sql<{ readonly count: number }>`SELECT count(DISTINCT n) AS count FROM pair`
    assert.strictEqual(all?.count, last?.n)
    assert.deepStrictEqual(yield* sql`PRAGMA integrity_check`, [{ integrity_check: "ok" }])
  }))

export const make = (program: () => ChildProgram) => {
  /** A process that ends with the scope at the latest. */
  const running = (...args: ReadonlyArray<string>) =>
    Effect.acquireRelease(
      Effect.sync(() => program().start(...args)),
      (child) => Effect.sync(() => child.process.kill("SIGKILL"))
    )

  /** Starts `what`, kills it at a random moment after its first line, and gives all the lines it finished. */
  const killed = (what: string, folder: string) =>
    Effect.scoped(Effect.gen(function*() {
      const child = yield* running(what, folder)
      yield* printed(child)
      yield* Effect.sleep(randomInt(100))
      child.process.kill("SIGKILL")
      yield* ended(child)
      return child.lines()
    }))

  return {
    whileWriting: (what: "write" | "checkpoint", rounds: number) =>
      inLanes(Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* Effect.scoped(open(folder))
        for (let round = 0; round < rounds / lanes; round += 1) {
          const lines = yield* killed(what, folder)
          yield* checkPairs(folder, Number(lines.at(-1)))
        }
      })),

    whileMigrating: (rounds: number) =>
      inLanes(Effect.gen(function*() {
        for (let round = 0; round < rounds / lanes; round += 1) {
          const folder = yield* temporaryFolder
          yield* killed("migrate", folder)
          yield* Effect.scoped(Effect.gen(function*() {
            const { sql } = yield* open(folder)
            assert.deepStrictEqual(yield* sql`SELECT id FROM migrations`, [{ id: 1 }, { id: 2 }])
            assert.deepStrictEqual(yield* sql`SELECT count(*) AS count FROM pair`, [{ count: 0 }])
            assert.deepStrictEqual(yield* sql`PRAGMA integrity_check`, [{ integrity_check: "ok" }])
          }))
        }
      })),

    allMigrate: (count: number) =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const children = yield* Effect.all(Array.from({ length: count }, () => running("migrate", folder)))
        for (const child of children) {
          assert.strictEqual(yield* ended(child), 0)
          assert.deepStrictEqual(child.lines(), ["begun", "2 steps"])
        }
        const { sql } = yield* open(folder)
        assert.deepStrictEqual(yield* sql`SELECT id FROM migrations`, [{ id: 1 }, { id: 2 }])
        assert.deepStrictEqual(yield* sql`SELECT count(*) AS count FROM pair`, [{ count: 0 }])
      }),

    /** How long a process stood still, in milliseconds, doing nothing and waiting for one that writes for `millis`. */
    stall: (millis: number) =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const waiting = yield* running("stall", folder, String(millis))
        yield* printed(waiting, "ready")
        const writer = yield* running("occupy", folder, String(millis))
        yield* printed(writer, "occupied")
        fs.writeFileSync(join(folder, "go"), "")
        assert.strictEqual(yield* ended(waiting), 0)
        assert.strictEqual(yield* ended(writer), 0)
        const [idle = Number.NaN, busy = Number.NaN, waited = Number.NaN] = (waiting.lines().at(-1) ?? "").split(" ")
          .map(Number)
        const { sql } = yield* open(folder)
        assert.deepStrictEqual(yield* sql`SELECT n FROM pair`, [{ n: 1 }])
        assert.isAbove(waited, millis / 2)
        return { idle, busy }
      })
  }
}
