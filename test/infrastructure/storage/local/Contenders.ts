/**
 * Processes that contend for one lock, and what their log says about fairness.
 */
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Child, ChildProgram } from "../../../support/childProgram.ts"

/** A process that ends with the scope at the latest. */
export const running = (program: ChildProgram, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => program.start(...args)),
    (child) => Effect.sync(() => child.process.kill("SIGKILL"))
  )

export const printed = (child: Child, line: string) => Effect.promise(() => child.printed(line))

export const ended = (child: Child) => Effect.promise(() => child.ended)

/** Starts `processes` that ask `times` each, all at once, and gives them when they have begun. */
export const contend = (program: ChildProgram, folder: string, processes: number, times: number) =>
  Effect.gen(function*() {
    const children = yield* Effect.all(
      Array.from({ length: processes }, (_, id) => running(program, "contend", folder, String(times), String(id)))
    )
    for (const child of children) yield* printed(child, "ready")
    fs.writeFileSync(join(folder, "go"), "")
    return children
  })

/** Who waits in line for the lock `a`. */
export const tickets = (folder: string): ReadonlyArray<string> =>
  fs.existsSync(join(folder, "a.queue")) ? fs.readdirSync(join(folder, "a.queue")) : []

/** For every time that somebody got the lock: how many got it meanwhile that had asked later. */
export const overtaken = (folder: string): ReadonlyArray<number> => {
  const waiting = new Map<string, { readonly later: Set<string>; overtaken: number }>()
  return fs.readFileSync(join(folder, "log"), "utf8").trim().split("\n").flatMap((line) => {
    const [what, id = ""] = line.split(" ")
    if (what === "ask") {
      for (const other of waiting.values()) other.later.add(id)
      waiting.set(id, { later: new Set(), overtaken: 0 })
      return []
    }
    const own = waiting.get(id)
    waiting.delete(id)
    for (const other of waiting.values()) if (other.later.has(id)) other.overtaken += 1
    return own === undefined ? [] : [own.overtaken]
  })
}
