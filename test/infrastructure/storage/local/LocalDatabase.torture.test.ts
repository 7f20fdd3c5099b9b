import { afterAll, beforeAll, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import * as LocalDatabaseCycles from "./LocalDatabaseCycles.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "databaseChild.ts"))
})
afterAll(() => program.remove())

const cycles = LocalDatabaseCycles.make(() => program)
const timeout = 600_000

describe("LocalDatabase, killed fifty times", () => {
  it.scopedLive("while writing", () => cycles.whileWriting("write", 50), timeout)
  it.scopedLive("around checkpoints", () => cycles.whileWriting("checkpoint", 50), timeout)
  it.scopedLive("while migrating", () => cycles.whileMigrating(50), timeout)
})
