/**
 * Tells a process from every other one that runs, ran or will run, so that its death can be noticed from outside.
 * Nothing is said about a process that cannot be seen from here: on another machine, or in another container.
 */
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { hostname } from "node:os"
import process from "node:process"

const attempt = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** Where process ids mean what they mean here: one boot of one kernel, and one namespace of ids and of start times. */
const readPlace = (): string | undefined =>
  process.platform === "linux"
    ? attempt(() =>
      [
        fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
        fs.readlinkSync("/proc/self/ns/pid"),
        attempt(() => fs.readlinkSync("/proc/self/ns/time")) ?? ""
      ].join(" ")
    )
    : `${process.platform} ${hostname()}`

/**
 * Fields 3 and 22 of proc(5)'s `stat`: the state, and the start time in ticks since boot. The second field, a name, may
 * hold anything.
 */
const readStat = (pid: string) => {
  const stat = attempt(() => fs.readFileSync(`/proc/${pid}/stat`, "utf8"))
  const [state = "", ...fields] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? []
  return { state, started: fields[18] ?? "" }
}

/** The signal 0 finds a process that `/proc` hides from other users. Not allowed to send one: it is there. */
const isGone = (pid: string) => {
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ESRCH"
  }
}

export interface ProcessIdentity {
  /** This process, as one word for another one's `isDead`. */
  readonly own: string
  /**
   * Whether that process is known to have ended; a zombie has. Where start times cannot be read (not Linux), a process
   * that has got its id since then passes for it.
   */
  readonly isDead: (identity: string) => boolean
}

export const make: Effect.Effect<ProcessIdentity> = Effect.sync(() => {
  const place = readPlace() ?? randomUUID()
  return {
    own: [process.pid, readStat("self").started, place].join("|"),
    isDead: (identity) => {
      const [pid = "", started = "", ...elsewhere] = identity.split("|")
      if (elsewhere.join("|") !== place || !/^[1-9]\d*$/.test(pid)) return false
      if (isGone(pid)) return true
      const now = readStat(pid)
      return now.state === "Z" || now.state === "X" || (now.started !== "" && started !== "" && now.started !== started)
    }
  }
})
