/**
 * How a process ends: signals interrupt the program so that its scopes close, and nothing can hold it for long.
 */

import { isUnread } from "./StandardOutput.ts"

/** What the process's own event emitter offers here. */
export interface Process {
  readonly on: (event: string, listener: (value: unknown) => void) => unknown
  readonly emit: (event: "SIGTERM") => unknown
  readonly exit: (code: number) => unknown
}

interface OutputError {
  readonly code?: string
}

/** A stream that output is written to. */
export interface Output {
  readonly on: (event: "error", listener: (error: OutputError) => void) => unknown
}

/** What happened so far. */
export interface Received {
  readonly received: () => string | undefined
  readonly crashed: () => boolean
  /** Whoever read our output went away (`| head`): there is nobody left to write to, and nothing went wrong. */
  readonly unread: () => boolean
  readonly unwritable: () => boolean
}

/** How long closing may take after an exception that nobody caught, in milliseconds. */
const closingMillis = 1_000

/**
 * Listens from now on and tells which signal came first. SIGHUP ends the program like SIGTERM; a second SIGINT ends
 * the process at once; an uncaught exception closes the program for at most a second and exits with 70. When nobody
 * reads the output any more, the program ends as if it were done; when it cannot be written, as failed.
 */
export const install = (
  process: Process,
  onUncaught: (error: unknown) => void,
  later: (action: () => void, millis: number) => void,
  outputs: ReadonlyArray<Output> = [],
  onUnwritable: (error: OutputError) => void = () => {}
): Received => {
  let first: string | undefined
  let crashed = false
  let lost: "unread" | "unwritable" | undefined
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (first !== undefined && signal === "SIGINT") process.exit(130)
      const isFirst = first === undefined
      first ??= signal
      if (signal === "SIGHUP" && isFirst) process.emit("SIGTERM")
    })
  }
  for (const output of outputs) {
    output.on("error", (error) => {
      if (lost !== undefined) return
      lost = isUnread(error) ? "unread" : "unwritable"
      if (lost === "unwritable") onUnwritable(error)
      process.emit("SIGTERM")
    })
  }
  process.on("uncaughtException", (error) => {
    if (crashed) return
    crashed = true
    onUncaught(error)
    later(() => process.exit(70), closingMillis)
    process.emit("SIGTERM")
  })
  return {
    received: () => first,
    crashed: () => crashed,
    unread: () => lost === "unread",
    unwritable: () => lost === "unwritable"
  }
}
