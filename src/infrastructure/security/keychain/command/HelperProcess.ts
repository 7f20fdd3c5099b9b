/**
 * One run of a helper. Names and secrets go through its standard input: never its arguments, never its environment.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"

export type Outcome =
  | { readonly _tag: "Ended"; readonly code: number | null; readonly output: string }
  /** `code` is the system's word, such as ENOENT. */
  | { readonly _tag: "NotStarted"; readonly code: string }
  | { readonly _tag: "TooMuchOutput" }

/** Interrupting kills the helper. What it prints is kept up to `limit` bytes; more ends it. */
export const run = (
  command: ReadonlyArray<string>,
  action: "store" | "get" | "erase" | "list" | "version",
  input: string,
  limit: number
): Effect.Effect<Outcome> =>
  Effect.async<Outcome>((resume) => {
    const [program = "", ...args] = command
    const child = spawn(program, [...args, action], { stdio: ["pipe", "pipe", "ignore"], windowsHide: true })
    const chunks: Array<Buffer> = []
    let size = 0
    child
      .on("error", (error: NodeJS.ErrnoException) =>
        resume(Effect.succeed({ _tag: "NotStarted", code: error.code ?? "SpawnError" })))
      .on("close", (code) =>
        resume(Effect.succeed({ _tag: "Ended", code, output: Buffer.concat(chunks).toString("utf8") })))
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= limit) {
        return
      }
      child.kill("SIGKILL")
      resume(Effect.succeed({ _tag: "TooMuchOutput" }))
    })
    // A helper that ends without reading breaks the pipe; its answer says why.
    child.stdin.on("error", () => {})
    child.stdin.end(input)
    return Effect.sync(() =>
      void child.kill("SIGKILL")
    )
  })
