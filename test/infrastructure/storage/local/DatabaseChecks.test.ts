import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import * as DatabaseChecks from "../../../../src/infrastructure/storage/local/DatabaseChecks.ts"
import type { Probe } from "../../../../src/infrastructure/telemetry/diagnostics/CollectedDiagnostics.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const answer = ({ check }: Probe) =>
  Effect.map(check, (found) => {
    const [only] = Array.isArray(found) ? found : [found]
    return { status: only?.status, detail: only?.detail, fix: only?.fix }
  })

describe("DatabaseChecks", () => {
  it.effect("the driver loads and tells the version of SQLite", () =>
    Effect.gen(function*() {
      const { detail, status } = yield* answer(DatabaseChecks.driver)
      assert.strictEqual(status, "ok")
      assert.match(detail ?? "", /^3\.\d+/)
    }))

  it.scoped("a folder is writable, missing, or not a folder", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      assert.match(
        (yield* answer(DatabaseChecks.folder(folder, "data folder"))).detail ?? "",
        /^(Writable, )?\d+ MiB free$/
      )
      assert.deepStrictEqual(yield* answer(DatabaseChecks.folder(join(folder, "missing"), "data folder")), {
        status: "ok",
        detail: "Not there yet",
        fix: undefined
      })
      fs.writeFileSync(join(folder, "file"), "")
      const inFile = yield* answer(DatabaseChecks.folder(join(folder, "file", "data"), "data folder"))
      assert.strictEqual(inFile.status, "failed")
    }))
})
