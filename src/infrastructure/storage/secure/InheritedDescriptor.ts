/**
 * Whether a file descriptor was handed over by whoever started this process, or is one that this process opened itself:
 * the number in a setting may be left over from another start, and reading and closing our own would break us.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** Linux on every architecture that Node runs on; in octal, as the system prints it. */
const closeOnExec = 0o2_000_000

/** Node marks what it inherited as not to be inherited further, from 0 up to this number at least. */
const markedByNode = 15

const linkOf = (descriptor: number | string): string | undefined => {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return undefined
  }
}

/** Node's own pipes end where they begin. */
const endsHere = (descriptor: number, link: string) =>
  link.startsWith("pipe:") &&
  readdirSync("/proc/self/fd").some((other) => other !== String(descriptor) && linkOf(other) === link)

/**
 * Everything that Node and SQLite open is closed when another program is started, and Node has taken the low numbers that
 * nobody handed over before any module runs: for event queues and for pipes to itself.
 */
const isInheritedOnLinux = (descriptor: number): boolean => {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"))?.[1]
  if (flags === undefined) return false
  if ((Number.parseInt(flags, 8) & closeOnExec) === 0) return true
  const link = linkOf(descriptor)
  return descriptor <= markedByNode && link !== undefined && !link.startsWith("anon_inode:") &&
    !endsHere(descriptor, link)
}

/** To be asked early: known on Linux only, and elsewhere every descriptor counts as handed over. */
export const isInherited = (descriptor: number): boolean => {
  if (process.platform !== "linux") return true
  try {
    return isInheritedOnLinux(descriptor)
  } catch {
    return false
  }
}
