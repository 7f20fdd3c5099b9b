/**
 * A tree in which every area imports every area, rightly or wrongly, for a value and for a type only.
 */
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { allows, areas, particulars } from "./ImportTable.ts"

export interface Planted {
  /** Relative to the tree, as a checker reports it. */
  readonly file: string
  readonly target: string
  readonly allowed: boolean
  /** A regular expression over the specifier alone cannot tell. */
  readonly graphOnly?: boolean
}

const kinds = {
  Value: (specifier: string) => `export { value } from "${specifier}"`,
  Type: (specifier: string) => `export type { Shape } from "${specifier}"`,
  Import: (specifier: string) => `import { value } from "${specifier}"\nexport const used = value`,
  ImportType: (specifier: string) => `import type { Shape } from "${specifier}"\nexport type Used = Shape`
}

const module = "export const value = 1\nexport interface Shape {}\n"

const specifierOf = (file: string, target: string) => {
  const path = relative(dirname(file), target)
  return path.startsWith(".") ? path : `./${path}`
}

const matrix = areas.flatMap((from) =>
  areas.map((to) => ({
    from: `${from}/To-${to.replaceAll("/", "-")}.ts`,
    to: `${to}/Target.ts`,
    allowed: allows(from, to)
  }))
)

const packages = ["effect", "yaml", "node:fs"].map((name) => ({
  from: `domain/To-${name.replace(":", "-")}.ts`,
  to: name,
  allowed: name === "effect"
}))

const mainImports = [
  { target: "src/infrastructure/environments/Target.ts", allowed: true },
  { target: "src/infrastructure/telemetry/Target.ts", allowed: true },
  { target: "src/cli/Target.ts", allowed: true },
  { target: "src/backend/Target.ts", allowed: false },
  { target: "src/testing/Target.ts", allowed: false },
  { target: "src/entry/Target.ts", allowed: false }
].map((one, index) => ({
  ...one,
  statement: index % 2 === 0
    ? `export { value as value${index} } from "${specifierOf("src/main.ts", one.target)}"`
    : `export type { Shape as Shape${index} } from "${specifierOf("src/main.ts", one.target)}"`
}))

/** Writes the tree and the project's own configuration into a new folder. */
export const plant = (root: string): { readonly folder: string; readonly planted: ReadonlyArray<Planted> } => {
  const folder = mkdtempSync(join(tmpdir(), "strata-imports-"))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const name of [".oxlintrc.json", ".dependency-cruiser.mjs", "tsconfig.json", "package.json"]) {
    copyFileSync(join(root, name), join(folder, name))
  }
  for (const name of ["effect", "yaml"]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, type: "module", exports: "./index.js" }))
    write(`node_modules/${name}/index.js`, module)
  }

  const planted: Array<Planted> = []
  for (const { from, to, ...rest } of [...matrix, ...particulars]) {
    write(`src/${to}`, module)
    for (const [kind, statement] of Object.entries(kinds)) {
      const file = `src/${from.replace(/\.ts$/, `.${kind}.ts`)}`
      write(file, `${statement(specifierOf(file, `src/${to}`))}\n`)
      planted.push({ file, target: `src/${to}`, ...rest })
    }
  }
  for (const { allowed, from, to } of packages) {
    for (const [kind, statement] of Object.entries(kinds)) {
      const file = `src/${from.replace(/\.ts$/, `.${kind}.ts`)}`
      write(file, `${statement(to)}\n`)
      planted.push({ file, target: to, allowed })
    }
  }
  // A checker may report a cycle at either end; one end is enough.
  write("src/domain/CycleA.ts", `import type { Shape as B } from "./CycleB.ts"\nexport type Shape = B\n`)
  write("src/domain/CycleB.ts", `import type { Shape as A } from "./CycleA.ts"\nexport type Shape = A\n`)
  planted.push({ file: "src/domain/CycleA.ts", target: "src/domain/CycleB.ts", allowed: false })
  write("src/main.ts", module + mainImports.map(({ statement }) => `${statement}\n`).join(""))
  planted.push(...mainImports.map(({ allowed, target }) => ({ file: "src/main.ts", target, allowed })))
  return { folder, planted }
}
