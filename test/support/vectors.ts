/**
 * Test vectors that are kept beside the project and not in it.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"

const { CI, STRATA_VECTORS } = process.env

const folder = STRATA_VECTORS ?? join(import.meta.dirname, "../../../shared/vectors")

/** The vectors in `file`. Without them the test is skipped, by the `skip` of its context, and fails in CI. */
export const readVectors = <Vectors>(file: string, skip: (note: string) => never): Vectors => {
  const path = join(folder, file)
  if (!existsSync(path) && CI !== "true") return skip(`no ${file}: set STRATA_VECTORS to the folder that has it`)
  return JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as Vectors
}
