import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Option, Redacted, Stream } from "effect"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { layer } from "./vaultChild.ts"
import * as VaultKills from "./VaultKills.ts"

let child: ChildProgram

beforeAll(async () => {
  child = await bundle(join(import.meta.dirname, "vaultChild.ts"))
})

afterAll(() => child.remove())

const exitOf = (...args: ReadonlyArray<string>) => Effect.promise(() => child.start(...args).ended)

const four = (...args: ReadonlyArray<string>) =>
  Effect.all(Array.from({ length: 4 }, () => exitOf(...args)), { concurrency: "unbounded" })

describe("a vault shared by processes", () => {
  it.scopedLive("loses none of 4 x 100 changes", () =>
    Effect.flatMap(temporaryFolder, (folder) => VaultKills.losesNone(child, folder, 100)))

  it.scopedLive("exchanges each of 40 tokens that are good for once exactly once among four processes", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "token-0"), "")
      assert.deepStrictEqual(yield* four(folder, "refresh", "40"), [0, 0, 0, 0])
      assert.deepStrictEqual(readdirSync(folder).filter((name) => name.startsWith("token-")), ["token-40"])
      const token = yield* Effect.provide(Effect.flatMap(SecureStore, (store) => store.get("token")), layer(folder))
      assert.deepStrictEqual(Option.map(token, Redacted.value), Option.some("40"))
    }))

  it.scopedLive("tells of what another process changed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const store = yield* SecureStore.pipe(Effect.provide(layer(folder)))
      const fiber = yield* Effect.fork(Stream.runCollect(Stream.take(store.changes, 1)))
      // As the file may be changed before somebody listens, it is until he has heard.
      const changing = Effect.forever(exitOf(folder, "increment", "1"))
      const heard = yield* Effect.raceFirst(Fiber.join(fiber), changing)
      assert.deepStrictEqual(Chunk.toReadonlyArray(heard), [{ name: "count", kind: "set" }])
    }))

  for (const mode of ["count", "rotate", "slots"] as const) {
    it.scopedLive(`is whole after ten kills in the middle of ${mode}, with nothing left behind`, () =>
      Effect.flatMap(temporaryFolder, (folder) => VaultKills.survives(child, folder, mode, 10)))
  }
})
