import { cruise } from "dependency-cruiser"
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options"
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config"
import { join } from "node:path"

export interface Graph {
  /** Every module under `src` that the tool really read. */
  readonly modules: ReadonlyArray<string>
  readonly violations: ReadonlyArray<{ readonly from: string; readonly to: string; readonly rule: string }>
}

/** The import graph of `folder`, judged by the rules that stand in it. */
export const read = async (folder: string): Promise<Graph> => {
  const options = await extractDepcruiseOptions(join(folder, ".dependency-cruiser.mjs"))
  const { output } = await cruise(
    ["src"],
    { ...options, baseDir: folder, validate: true },
    undefined,
    { tsConfig: extractTsConfig(join(folder, "tsconfig.json")) }
  )
  if (typeof output === "string") {
    throw new Error("dependency-cruiser answered with text")
  }
  return {
    modules: output.modules.map(({ source }) => source).filter((source) => source.startsWith("src/")),
    violations: output.summary.violations.map(({ from, rule, to }) => ({ from, to, rule: rule.name }))
  }
}
