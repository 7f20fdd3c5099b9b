/**
 * The native module in a thread of its own, so that a call that hangs behind a dialog holds up neither the event loop
 * nor the threads that read files.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import type { ItemRef } from "../Keychain.ts"
import { workerProgram } from "./WorkerProgram.ts"

export type Request =
  | ({ readonly call: "get" | "remove" } & ItemRef)
  | ({ readonly call: "set"; readonly value: Uint8Array } & ItemRef)
  | { readonly call: "list"; readonly service: string }
  | { readonly call: "probe" }

export type Answer =
  | { readonly _tag: "Value"; readonly value: unknown }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Failed"; readonly text: string }
  /** The thread ended, or an earlier call of it hangs. */
  | { readonly _tag: "Lost"; readonly code: "WorkerEnded" | "WorkerHangs" }

export interface NativeWorker {
  /** One at a time. An interrupted call goes on in its thread, which takes no other until it ends. */
  readonly ask: (request: Request) => Effect.Effect<Answer>
}

interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly missing?: boolean
  readonly failure?: string
}

const answerOf = ({ failure, missing, value }: Reply): Answer => {
  if (missing === true) return { _tag: "Missing" }
  return failure === undefined ? { _tag: "Value", value } : { _tag: "Failed", text: failure }
}

/** `module` is what the worker loads. There is never more than one thread: a hung one is not replaced. */
export const make = (module: string): Effect.Effect<NativeWorker, never, Scope.Scope> =>
  Effect.gen(function*() {
    let worker: Worker | undefined
    let lastId = 0
    /** The call whose answer is not there yet, waited for or not. */
    let busy: { readonly id: number; waiter: ((answer: Answer) => void) | undefined } | undefined
    const turn = yield* Effect.makeSemaphore(1)

    const settle = (answer: Answer) => {
      const waiter = busy?.waiter
      busy = undefined
      worker?.unref()
      waiter?.(answer)
    }

    const start = () => {
      const started = new Worker(workerProgram, {
        eval: true,
        workerData: { module, from: join(import.meta.dirname, "worker.js") },
        env: {},
        execArgv: []
      })
      const end = () => {
        if (worker !== started) return
        worker = undefined
        settle({ _tag: "Lost", code: "WorkerEnded" })
      }
      started
        .on("message", (reply: Reply) => {
          if (reply.id === busy?.id) settle(answerOf(reply))
        })
        .on("error", end)
        .on("exit", end)
      started.unref()
      return started
    }

    // Not waited for: ending a thread that hangs in the system can take for ever.
    yield* Effect.addFinalizer(() => Effect.sync(() => void worker?.terminate()))

    const ask = (request: Request) =>
      Effect.async<Answer>((resume) => {
        if (busy !== undefined) return resume(Effect.succeed({ _tag: "Lost", code: "WorkerHangs" }))
        worker ??= start()
        const id = ++lastId
        const call = { id, waiter: (answer: Answer) => resume(Effect.succeed(answer)) }
        busy = call
        worker.ref()
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
        worker.postMessage({ ...request, id })
        return Effect.sync(() => {
          if (busy !== call) return
          busy.waiter = undefined
          worker?.unref()
        })
      })

    return { ask: (request) => turn.withPermits(1)(ask(request)) }
  })
