import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const root = join(import.meta.dirname, "../..")

const harmless = `import { Effect } from "effect"\nexport const one = Effect.succeed(1)\n`

const planted = {
  "WrongType.ts": `${harmless}export const two: string = 2\n`,
  "FloatingEffect.ts": `${harmless}Effect.log("lost")\n`,
  "GlobalDate.ts": `${harmless}export const now = Effect.sync(() => Date.now())\n`
}

describe("the type check", () => {
  it("finds TypeScript's errors, Effect's, and what is an error in this project only", async () => {
    const folder = mkdtempSync(join(tmpdir(), "strata-types-"))
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
    copyFileSync(join(root, "tsconfig.json"), join(folder, "tsconfig.json"))
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "effect-strata", type: "module" }))
    mkdirSync(join(folder, "src"))
    for (const [name, source] of Object.entries({ ...planted, "Harmless.ts": harmless })) {
      writeFileSync(join(folder, "src", name), source)
    }
    const { code, stdout } = await promisify(execFile)(process.execPath, [join(root, "scripts/types.mjs")], {
      cwd: folder
    }).then(
      (passed) => ({ code: 0, stdout: passed.stdout }),
      (failed: { readonly code: number; readonly stdout: string }) => failed
    )
    rmSync(folder, { recursive: true })
    for (const name of Object.keys(planted)) {
      assert.match(stdout, new RegExp(`^src/${name}:3:\\d+ `, "m"))
    }
    assert.match(stdout, /^Checked 4 files, found 3 problems$/m)
    assert.strictEqual(code, 1)
  })
})
