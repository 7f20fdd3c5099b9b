import { afterAll, beforeAll, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { bundle } from "../../../support/childProgram.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { kills, stops } from "./LeaseCycles.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "leaseChild.ts"))
})
afterAll(() => program.remove())

describe("leases between processes", () => {
  it.scopedLive("of 50 owners that are killed, each is replaced at once by one of those who wait", () =>
    kills(program, 50))

  it.scopedLive("50 owners that were stopped past their lease are refused when they go on", () => stops(program, 50))
})
