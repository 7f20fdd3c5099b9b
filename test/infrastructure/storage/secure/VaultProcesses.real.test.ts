import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { layer } from "./vaultChild.ts"

let child: ChildProgram

beforeAll(async () => {
  child = await bundle(join(import.meta.dirname, "vaultChild.ts"))
})

afterAll(() => child.remove())

const count = (folder: string) =>
  Effect.gen(function*() {
    const found = yield* (yield* SecureStore).get("count")
    return Number(Option.match(found, { onNone: () => "0", onSome: Redacted.value }))
  }).pipe(Effect.provide(layer(folder)))

const exitOf = (...args: ReadonlyArray<string>) => Effect.promise(() => child.start(...args).ended)

/** Kills the process `after` milliseconds after its first acknowledgement and gives the last one. */
const killedWhileCounting = (folder: string, after: number) =>
  Effect.promise(async () => {
    const counting = child.start(folder, "count")
    await counting.printed()
    await setTimeout(after)
    counting.process.kill("SIGKILL")
    await counting.ended
    return Number(counting.lines().at(-1))
  })

describe("a vault shared by processes", () => {
  it.scopedLive("loses none of 4 x 100 changes", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const children = Array.from({ length: 4 }, () => exitOf(folder, "increment", "100"))
      const codes = yield* Effect.all(children, { concurrency: "unbounded" })
      assert.deepStrictEqual(codes, [0, 0, 0, 0])
      assert.strictEqual(yield* count(folder), 400)
      assert.strictEqual(readdirSync(join(folder, "config")).length, 1)
    }))

  it.scopedLive("is whole after ten kills in the middle of writing, and every acknowledged change is there", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (let round = 0; round < 10; round++) {
        const before = yield* count(folder)
        const acknowledged = yield* killedWhileCounting(folder, 5 + 37 * round)
        const after = yield* count(folder)
        assert.isAbove(acknowledged, before)
        assert.include([acknowledged, acknowledged + 1], after, `round ${round}`)
      }
      yield* Effect.provide(
        Effect.flatMap(SecureStore, (store) => store.set("last", Redacted.make("x"))),
        layer(folder)
      )
      assert.deepStrictEqual(readdirSync(join(folder, "data")), ["vault"])
    }))
})
