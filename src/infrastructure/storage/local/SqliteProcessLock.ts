/**
 * `ProcessLock` as SQLite's write lock on one empty file per name: an advisory lock of the file system on every
 * platform, so it also holds between containers that share the folder and cannot be taken by other users. Who has to
 * wait stands in line.
 */
import { Duration, Effect, Layer, Option, Scope } from "effect"
import { join } from "node:path"
import * as HeldResource from "./HeldResource.ts"
import * as LockFiles from "./LockFiles.ts"
import type { LockFile } from "./LockFiles.ts"
import * as LockQueue from "./LockQueue.ts"
import * as NamedMutex from "./NamedMutex.ts"
import { ProcessLock } from "./ProcessLock.ts"

export interface Options {
  /** Created for its owner only. The lock files in it are never removed, and nobody else may open them. */
  readonly folder: string
}

/**
 * In whole milliseconds, as clocks count: often while the line moves, and the more rarely the longer it stands still, so
 * that a long wait costs little and ends at most a fiftieth late. Everybody shows life in time.
 */
const pause = (ahead: number, still: number) => Math.min(100, 1 + Math.min(14, 2 * ahead) + Math.floor(still / 50))

type Queue = ReturnType<typeof LockQueue.make>

export const make = (options: Options) =>
  Effect.gen(function*() {
    const mutex = yield* NamedMutex.make
    const openFile = yield* LockFiles.make(options.folder)

    const queueOf = (name: string) => LockQueue.make(join(options.folder, `${encodeURIComponent(name)}.queue`))

    const lockInTurn = (file: LockFile, { enter, isEmpty }: Queue) =>
      Effect.gen(function*() {
        if ((yield* isEmpty) && (yield* file.tryLock)) return
        const holding = yield* Effect.scope
        const waiting = Effect.gen(function*() {
          const { ahead } = yield* enter
          let still = 0
          for (let last = -1;;) {
            const before = yield* ahead
            if (before === 0 && (yield* Scope.extend(file.tryLock, holding))) return
            if (before !== last) still = 0
            const millis = pause(before, still)
            yield* Effect.sleep(Duration.millis(millis))
            still += millis
            last = before
          }
        })
        yield* Effect.scoped(waiting)
      })

    const attempt = (name: string, mayTry: Effect.Effect<boolean>) =>
      Effect.gen(function*() {
        if (!(yield* mutex.tryTake(name)) || !(yield* mayTry)) return Option.none<void>()
        const file = yield* openFile(name)
        return (yield* file.tryLock) ? Option.some<void>(undefined) : Option.none<void>()
      }).pipe(HeldResource.orNothing)

    const wait = (name: string, queue: Queue) =>
      mutex.take(name).pipe(
        Effect.zipRight(openFile(name)),
        Effect.flatMap((file) => lockInTurn(file, queue))
      )

    return ProcessLock.of({
      withLock: (name, deadline) => {
        const queue = queueOf(name)
        return HeldResource.during(
          HeldResource.orWithin(attempt(name, queue.isEmpty), wait(name, queue), {
            store: `${name} lock`,
            operation: "acquire",
            deadline
          })
        )
      },
      tryHold: (name) => attempt(name, Effect.succeed(true))
    })
  })

/** Locks are files in `options.folder`: every process that is given the same folder takes part. */
export const layer = (options: Options): Layer.Layer<ProcessLock> => Layer.scoped(ProcessLock, make(options))
