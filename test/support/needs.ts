/**
 * What a test needs of the machine. Where it is missing the test is skipped, saying so; in CI that is an error, so that a
 * green run never skipped anything.
 */
import { spawnSync } from "node:child_process"

const { CI } = process.env

const has = (what: string, isThere: boolean): boolean => {
  if (isThere) return true
  if (CI === "true") throw new Error(`missing: ${what}`)
  process.stderr.write(`skipped, missing: ${what}\n`)
  return false
}

/** Whether all programs are installed. */
export const installed = (...names: ReadonlyArray<string>): boolean => {
  const missing = names.filter((name) => spawnSync("/bin/sh", ["-c", `command -v ${name}`]).status !== 0)
  return has(missing.join(", "), missing.length === 0)
}

/** Whether small file systems can be mounted. */
export const canMount = (): boolean =>
  has("the right to mount", spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0)

/** Whether children can be started that are not root. */
export const canDropRights = (): boolean =>
  has("root and setpriv", process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0)

/** Whether Debian's Python has the modules. */
export const canImport = (...modules: ReadonlyArray<string>): boolean =>
  has(
    `Python modules ${modules.join(", ")}`,
    spawnSync("/usr/bin/python3", ["-c", `import ${modules.join(", ")}`]).status === 0
  )
