import { afterAll, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import * as CacheKills from "./CacheKills.ts"

const times = 50

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "cacheChild.ts"))
})
afterAll(() => program.remove())

describe("a cache whose process is killed fifty times", () => {
  for (const what of CacheKills.kinds) {
    it.scopedLive(`in the middle of "${what}" opens and works`, () =>
      Effect.flatMap(temporaryFolder, (folder) => CacheKills.survives(program, what, folder, times)))
  }

  it.scopedLive("has no entry that was removed", () =>
    Effect.flatMap(temporaryFolder, (folder) => CacheKills.keepsRemovals(program, folder, times)))
})
