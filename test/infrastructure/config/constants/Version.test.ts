import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { version } from "../../../../src/infrastructure/config/constants/Version.ts"

it("the version is the package's", () => {
  const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../../package.json"), "utf8")) as object
  assert.include(manifest, { version })
})
