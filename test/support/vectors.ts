/**
 * Test vectors that are kept beside the project and not in it.
 */
import { assert, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"

// @effect-diagnostics-next-line processEnv:off -- where the vectors are is the machine's affair, not the program's
const { CI, STRATA_VECTORS } = process.env

const folder = STRATA_VECTORS ?? join(import.meta.dirname, "../../../shared/vectors")

/** A test over the vectors in `file`. Without them it is skipped, and fails in CI. */
export const itWithVectors = <Vectors>(
  file: string,
  title: string,
  run: (vectors: Vectors) => void | Promise<void>
) => {
  const path = join(folder, file)
  if (existsSync(path)) {
    // @effect-diagnostics-next-line preferSchemaOverJson:off -- the vectors' own tests notice a wrong shape
    return it(title, () => run(JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as Vectors))
  }
  if (CI === "true") {
    return it(title, () => assert.fail(`no ${file} where STRATA_VECTORS points or in ../shared/vectors`))
  }
  return it.skip(`${title} (no ${file}: set STRATA_VECTORS to the folder that has it)`, () => {})
}
