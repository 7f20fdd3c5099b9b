// The command as one ESM bundle: node starts it several times faster than the library's many modules.
import { build, stop } from "esbuild"
import { mkdir, readdir, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

/** CommonJS packages in an ESM bundle still call `require` for what node has built in. */
const requireForCommonJs = `import { createRequire as createRequireForBundle } from "node:module"
const require = createRequireForBundle(import.meta.url)`

/** Answers with esbuild's account of which output holds which sources. */
export const bundle = async ({ source, target }) => {
  const { metafile, outputFiles } = await build({
    entryPoints: { strata: source },
    outdir: dirname(target),
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Native modules, the last two of them optional.
    external: ["better-sqlite3", "@napi-rs/keyring", "@node-rs/argon2"],
    banner: { js: requireForCommonJs },
    logLevel: "warning",
    metafile: true,
    write: false
  })
  await stop()
  // The entry is written last, so that an interrupted build is seen as missing or old.
  const entryLast = outputFiles.toSorted((a, b) => Number(a.path === target) - Number(b.path === target))
  for (const { contents, path } of entryLast) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, contents, { mode: path === target ? 0o755 : 0o644 })
  }
  return metafile
}

/** A folder counts too: removing a file touches nothing else. */
const newest = async (path) => {
  const self = await stat(path)
  if (!self.isDirectory()) {
    return self.mtimeMs
  }
  const inside = await Promise.all((await readdir(path)).map((name) => newest(join(path, name))))
  return Math.max(self.mtimeMs, ...inside)
}

/** Bundles when there is no bundle, or one older than any of its sources. */
export const bundleWhenOld = async ({ source, sources, target }) => {
  const built = await stat(target).then(({ mtimeMs }) => mtimeMs, () => 0)
  const changed = Math.max(...await Promise.all(sources.map(newest)))
  if (built <= changed) {
    await bundle({ source, target })
  }
}
