/**
 * Debian's `python3-httpbin` on loopback: an HTTP server that nobody here wrote.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import { canImport } from "./needs.ts"

const python = "/usr/bin/python3"

export const isInstalled = () => canImport("httpbin", "flask")

/** Its URL, without a slash at the end. It ends with the scope. */
export const start: Effect.Effect<string, Error, Scope.Scope> = Effect.acquireRelease(
  Effect.async<{ readonly url: string; readonly stop: Effect.Effect<void> }, Error>((resume) => {
    const server = spawn(python, ["-m", "flask", "--app", "httpbin:app", "run", "--port", "0"], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    let said = ""
    const stop = Effect.async<void>((stopped) => {
      if (server.exitCode !== null || server.signalCode !== null) return stopped(Effect.void)
      server.once("exit", () => stopped(Effect.void))
      server.kill("SIGKILL")
    })
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1]
      if (url !== undefined) resume(Effect.succeed({ url, stop }))
    }
    server.stdout.on("data", hear)
    server.stderr.on("data", hear)
    server.once("error", (error) => resume(Effect.fail(error)))
    server.once("exit", () => resume(Effect.fail(new Error(`httpbin ended: ${said.slice(-500)}`))))
  }),
  ({ stop }) => stop
).pipe(
  Effect.map(({ url }) => url),
  Effect.timeoutFail({
    duration: "30 seconds",
    onTimeout: () => new Error("httpbin does not start")
  })
)
