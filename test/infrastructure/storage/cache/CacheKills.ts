/**
 * Processes that are killed while they use a cache, and what the next one finds.
 */
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import { randomInt } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import { key, put, remove, served } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import type { Child, ChildProgram } from "../../../support/childProgram.ts"
import { maxEntries, options } from "./cacheChild.ts"

/** A process that ends with the scope at the latest. */
export const running = (program: ChildProgram, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => program.start(...args)),
    (child) => Effect.sync(() => child.process.kill("SIGKILL"))
  )

export const printed = (child: Child, line?: string) => Effect.promise(() => child.printed(line))

export const ended = (child: Child) => Effect.promise(() => child.ended)

/** Starts `what`, kills it at a random moment after its first line, and gives all the lines it finished. */
const killed = (program: ChildProgram, what: string, folder: string) =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* running(program, what, folder)
    yield* printed(child)
    yield* Effect.sleep(randomInt(60))
    child.process.kill("SIGKILL")
    yield* ended(child)
    return child.lines()
  }))

/** The cache opens, is exact, keeps its bounds and works. */
const isSound = (folder: string) =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* SqlCache.makeStore(options(folder))
    const { bytes, entries } = yield* store.size
    assert.isAtMost(entries, maxEntries + 40)
    yield* put(store, "a", "1")
    assert.strictEqual(yield* served(store, "a"), "1")
    yield* remove(store, key("a"))
    assert.strictEqual(yield* served(store, "a"), undefined)
    assert.isAtLeast(bytes, entries * 96)
    assert.isTrue(Option.isSome(yield* Effect.scoped(store.claim("a"))), "a dead process keeps its claim")
    yield* store.invalidate({ kind: "remove", target: { _tag: "All" } })
    assert.deepInclude(yield* store.size, { entries: 0, bytes: 0 })
  }))

export const kinds = ["evict", "flush", "damage", "claim"] as const

/** `times` processes one after the other, in one folder. */
export const survives = (program: ChildProgram, what: (typeof kinds)[number], folder: string, times: number) =>
  Effect.repeatN(Effect.zipRight(killed(program, what, folder), isSound(folder)), times - 1)

/** What a killed process was told to be removed stays removed. */
export const keepsRemovals = (program: ChildProgram, folder: string, times: number) =>
  Effect.gen(function*() {
    for (let round = 0; round < times; round += 1) {
      const acknowledged = yield* killed(program, "remove", folder)
      yield* Effect.scoped(Effect.gen(function*() {
        const store = yield* SqlCache.makeStore(options(folder))
        for (const n of acknowledged) assert.strictEqual(yield* served(store, `removed ${n}`), undefined)
      }))
    }
    assert.isFalse(fs.existsSync(join(folder, "cache.v1.damaged")))
  })
