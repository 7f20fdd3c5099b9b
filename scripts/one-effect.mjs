// Two copies of Effect do not know each other's tags, and a bare install brings another major: exactly one is allowed.
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** Every installed copy of a package below `folder`, as `version path`. */
export const installed = async (name, folder) => {
  const modules = join(folder, "node_modules")
  const entries = await readdir(modules, { withFileTypes: true }).catch(() => [])
  const packages = await Promise.all(
    entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(async (entry) =>
      entry.name.startsWith("@")
        ? (await readdir(join(modules, entry.name))).map((scoped) => join(entry.name, scoped))
        : [entry.name]
    )
  )
  const found = await Promise.all(
    packages.flat().map(async (path) => {
      const here = path === name
        ? [`${JSON.parse(await readFile(join(modules, path, "package.json"), "utf8")).version} ${join(modules, path)}`]
        : []
      return [...here, ...await installed(name, join(modules, path))]
    })
  )
  return found.flat()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const copies = await installed("effect", process.argv[2] ?? process.cwd())
  console.log(`effect: ${copies.join(", ") || "not installed"}`)
  process.exitCode = copies.length === 1 && copies[0].startsWith("3.") ? 0 : 1
}
