import { afterAll, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import * as VaultKills from "./VaultKills.ts"

let child: ChildProgram

beforeAll(async () => {
  child = await bundle(join(import.meta.dirname, "vaultChild.ts"))
})

afterAll(() => child.remove())

describe("a vault shared by processes", () => {
  it.scopedLive("loses none of 4 x 500 changes", () =>
    Effect.flatMap(temporaryFolder, (folder) => VaultKills.losesNone(child, folder, 500)))

  for (const mode of ["count", "rotate", "slots"] as const) {
    it.scopedLive(`is whole after 300 kills in the middle of ${mode}, with nothing left behind`, () =>
      Effect.flatMap(temporaryFolder, (folder) => VaultKills.survives(child, folder, mode, 300)))
  }
})
