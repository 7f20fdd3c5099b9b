import { afterAll, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import * as MigrationKills from "./MigrationKills.ts"

let child: ChildProgram

beforeAll(async () => {
  child = await bundle(join(import.meta.dirname, "migrationChild.ts"))
})

afterAll(() => child.remove())

describe("a migration whose process is killed", () => {
  it.scopedLive("goes on after ten kills, and loses and leaves nothing", () =>
    Effect.flatMap(temporaryFolder, (folder) => MigrationKills.survives(child, folder, 10)))
})
