/**
 * Long work on a SQLite file in a process of its own. A statement of the driver blocks its thread and cannot be stopped,
 * and a thread that is ended in the middle of one takes the whole process with it (V8 aborts when the driver then
 * throws); a process can be ended at any time. For files that nobody could open yet: it needs no database of the
 * application.
 */
import { Data, Effect } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { join, resolve } from "node:path"
import { databaseProcessProgram } from "./DatabaseProcessProgram.ts"

/** `cause` has the driver's code. `reading`: while the file that is to be copied was opened. */
export class CallFailed
  extends Data.TaggedError("CallFailed")<{ readonly cause: unknown; readonly reading: boolean }>
{}

export interface Inspection {
  /** At most 20; none when everything agrees. No values of rows. */
  readonly problems: ReadonlyArray<string>
  /** The migrations it has, in order. */
  readonly steps: ReadonlyArray<{ readonly id: number; readonly name: string; readonly checksum?: string }>
  /** Whether its marks are this application's; of a damaged file, unless they are found to be another's. */
  readonly isRecognized: boolean
}

/** Everything, everything but the order of indexes and references between rows, or whether it opens. */
export type Depth = "integrity_check" | "quick_check" | "schema"

type Call =
  | { readonly call: "inspect"; readonly file: string; readonly depth: Depth; readonly applicationId: number }
  | { readonly call: "copy"; readonly from: string; readonly to: string }
  | { readonly call: "hold"; readonly file: string; readonly applicationId: number }

interface Reply {
  readonly value?: unknown
  readonly failure?: { readonly code?: string; readonly message: string; readonly reading: boolean }
}

/** Nothing of our environment is for it to know. Electron's own program runs as Node with this setting only. */
const env = { ELECTRON_RUN_AS_NODE: "1" }

const failed = (cause: unknown, reading = false) => Effect.fail(new CallFailed({ cause, reading }))

const start = Effect.try({
  try: () => {
    // Its own folder is there as long as this package is; ours may be gone.
    const child = spawn(process.execPath, ["-"], {
      cwd: import.meta.dirname,
      env,
      stdio: ["pipe", "ignore", "ignore", "ipc"],
      windowsHide: true
    })
    // A failed start is told again as an end; unheard, in between, it would end this process.
    child.on("error", () => {})
    child.stdin?.on("error", () => {})
    child.stdin?.end(databaseProcessProgram)
    return child
  },
  catch: (cause) => new CallFailed({ cause, reading: false })
})

const hasEnded = (child: ChildProcess) =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

/** Ends it with `end`, and waits until it has. */
const ended = (child: ChildProcess, end: () => void) =>
  Effect.async<void>((resume) => {
    if (hasEnded(child)) return resume(Effect.void)
    child.on("exit", () => resume(Effect.void))
    end()
  })

const ask = <A>(child: ChildProcess, call: Call): Effect.Effect<A, CallFailed> =>
  Effect.async((resume) => {
    child
      .on("message", ({ failure, value }: Reply) =>
        resume(
          failure === undefined
            ? Effect.succeed(value as A)
            : failed(Object.assign(new Error(failure.message), { code: failure.code }), failure.reading)
        ))
      .on("error", (cause) => resume(failed(cause)))
      .on("exit", () => resume(failed(new Error("The process ended"))))
    child.send({ ...call, base: join(import.meta.dirname, "database.js") }, (error) => {
      if (error !== null) resume(failed(error))
    })
  })

const run = <A>(call: Call): Effect.Effect<A, CallFailed> =>
  Effect.acquireUseRelease(
    start,
    (child) => ask<A>(child, call),
    (child) => ended(child, () => child.kill("SIGKILL"))
  )

/** What SQLite finds when it reads the whole file, which others may go on using. */
export const inspect = (
  file: string,
  depth: Depth,
  applicationId: number
): Effect.Effect<Inspection, CallFailed> => run({ call: "inspect", file: resolve(file), depth, applicationId })

/** Copies what is committed now into `to`, an empty file, and leaves it in one piece, without a log. */
export const copy = (from: string, to: string): Effect.Effect<void, CallFailed> =>
  run({ call: "copy", from: resolve(from), to: resolve(to) })

/**
 * Keeps everybody else out of the file until the scope closes; fails when somebody has it open. Then everything is in the
 * one file, but when `false` is given: it is too damaged to be opened, or it or its log is another application's, and it was
 * left as it is.
 */
export const hold = (file: string, applicationId: number): Effect.Effect<boolean, CallFailed, Scope.Scope> =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      start,
      (holder) => ended(holder, () => holder.connected ? holder.disconnect() : holder.kill("SIGKILL"))
    )
    return (yield* ask<{ readonly sound: boolean }>(child, { call: "hold", file: resolve(file), applicationId })).sound
  })
