/**
 * The TypeScript of the documentation, as files that can be compiled and run.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "../..")

/** Hidden, so that neither the type checker nor the test runner collects it by itself. */
const blocksFolder = join(root, "test/docs/.blocks")

export interface Block {
  readonly page: string
  readonly file: string
  readonly code: string
  readonly path: string
}

const fence = /^```(ts|typescript|tsx|js)(?:[ \t]+file=(\S+))?[ \t]*\n([\s\S]*?)^```[ \t]*$/gm

/** Every block of a page. A block without a file name would escape the checks, so it is an error. */
const extract = (page: string, folder: string): ReadonlyArray<Block> =>
  Array.from(readFileSync(join(root, page), "utf8").matchAll(fence), ([, , file, code]) => {
    if (file === undefined || code === undefined) throw new Error(`${page} has a code block without file=`)
    // A test file gets a name that the runner does not collect: the suite imports it itself.
    const name = file.replace(/\.test\.ts$/, ".tested.ts")
    return { page, file, code, path: join(folder, page.replaceAll("/", "_"), name) }
  })

/** What `package.json` promises under the package's name, as source files. */
const entries: ReadonlyMap<string, string> = new Map(
  Object.entries(
    (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly exports: Record<string, unknown> })
      .exports
  ).flatMap(([subpath, target]) => {
    const file = typeof target === "object" && target !== null && "default" in target ? String(target.default) : ""
    return file === ""
      ? []
      : [
        [
          `effect-strata${subpath.slice(1)}`,
          join(root, file.replace("./dist/", "src/").replace(/\.js$/, ".ts"))
        ] as const
      ]
  })
)

const specifier = /(from\s+|import\s*\(\s*)"(effect-strata[^"]*)"/g

/** The pages whose blocks are checked. */
const pages = ["README.md", "docs/migration.md"]

/** Writes every block to a folder of the caller's, with the package's own name replaced by its sources. */
export const writeAll = (name: string): ReadonlyArray<Block> => {
  const folder = join(blocksFolder, name)
  rmSync(folder, { recursive: true, force: true })
  const blocks = pages.flatMap((page) => extract(page, folder))
  for (const { code, page, path } of blocks) {
    mkdirSync(resolve(path, ".."), { recursive: true })
    writeFileSync(
      path,
      code.replace(specifier, (_, keyword: string, imported: string) => {
        const source = entries.get(imported)
        if (source === undefined) throw new Error(`${page} imports ${imported}, which package.json does not export`)
        return `${keyword}"${source}"`
      })
    )
  }
  return blocks
}
