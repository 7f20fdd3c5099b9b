/**
 * How a process ends: signals interrupt the program so that its scopes close, and nothing can hold it for long.
 */

/** What the process's own event emitter offers here. */
export interface Process {
  readonly on: (event: string, listener: (value: unknown) => void) => unknown
  readonly emit: (event: "SIGTERM") => unknown
  readonly exit: (code: number) => unknown
}

/** How long closing may take after an exception that nobody caught, in milliseconds. */
const closingMillis = 1_000

/**
 * Listens from now on and tells which signal came first. SIGHUP ends the program like SIGTERM; a second SIGINT ends
 * the process at once; an uncaught exception closes the program for at most a second and exits with 70.
 */
export const install = (
  process: Process,
  onUncaught: (error: unknown) => void,
  later: (action: () => void, millis: number) => void
): { readonly received: () => string | undefined; readonly crashed: () => boolean } => {
  let first: string | undefined
  let crashed = false
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (first !== undefined && signal === "SIGINT") process.exit(130)
      const isFirst = first === undefined
      first ??= signal
      if (signal === "SIGHUP" && isFirst) process.emit("SIGTERM")
    })
  }
  process.on("uncaughtException", (error) => {
    if (crashed) return
    crashed = true
    onUncaught(error)
    later(() => process.exit(70), closingMillis)
    process.emit("SIGTERM")
  })
  return { received: () => first, crashed: () => crashed }
}
