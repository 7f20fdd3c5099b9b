/**
 * The entries of the cache file in use. When it turns out to be damaged it is replaced, and the operation done again on
 * the new one; when another process has replaced it, this one follows.
 */
import { Effect, ExecutionStrategy, Exit, Option, Scope } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import type { CacheFile, Reason } from "./CacheFile.ts"
import type { EntryStore } from "./EntryStore.ts"

export interface Options {
  readonly files: CacheFile

  /** The entries of one file; `base` is a number that no earlier file has reached. */
  readonly open: (filename: string, base: number) => Effect.Effect<EntryStore, StorageFailure, Scope.Scope>
}

interface Opened {
  readonly n: number
  readonly stamp: string | undefined
  readonly identity: string | undefined
  readonly store: EntryStore
  readonly scope: Scope.CloseableScope
}

/** What one file can ever use up. */
const numbersPerFile = 2 ** 32

/** Of opening a file that others replace at the same time, or that is found damaged. */
const attempts = 10

/** For what is still under way on a file that was replaced. */
const grace = "1 second"

const messages: Record<Reason, string> = {
  damaged: "The cache file was damaged: an empty one took its place",
  discarded: "The cache file was not up to date with what had been invalidated: an empty one took its place"
}

export interface Current extends EntryStore {
  /** The file in use is not believed by whoever opens it next. */
  readonly discard: Effect.Effect<void, StorageFailure>
}

export const make = ({ files, open }: Options): Effect.Effect<Current, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const outer = yield* Effect.scope
    const inTurn = (yield* Effect.makeSemaphore(1)).withPermits(1)

    const replace = (n: number, reason: Reason) =>
      Effect.gen(function*() {
        if (!(yield* files.replace(n, reason))) return
        Telemetry.replaced.update(1, { "strata.cache.reason": reason })
        yield* Effect.logWarning(messages[reason])
      })

    /** `none` when there is another one by now. What a file forks for itself must be interruptible. */
    const openOnce = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const stamp = yield* files.stamp
        const n = yield* files.current
        const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
        const opening = Effect.gen(function*() {
          yield* files.use(n)
          if ((yield* files.current) !== n) return undefined
          if (yield* files.isDiscarded(n)) return yield* Effect.as(replace(n, "discarded"), undefined)
          return yield* Effect.catchTag(
            open(files.filename(n), n * numbersPerFile),
            "Corrupt",
            () => Effect.as(replace(n, "damaged"), undefined)
          )
        })
        const store = yield* restore(Scope.extend(opening, scope)).pipe(
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        if (store !== undefined) {
          return Option.some<Opened>({ n, stamp, identity: yield* files.identity(n), store, scope })
        }
        yield* Scope.close(scope, Exit.void)
        return Option.none<Opened>()
      })
    )

    const openCurrent = Effect.gen(function*() {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const opened = yield* openOnce
        if (Option.isSome(opened)) return opened.value
      }
      return yield* Effect.dieMessage("A cache file is replaced all the time")
    })

    let current = yield* openCurrent
    let isNew = false
    const tidy = Effect.ignore(files.removeOld)
    yield* Effect.forkIn(Effect.interruptible(Effect.zipRight(tidy, Effect.ignore(files.removeUnlayered))), outer)

    const reopen = Effect.gen(function*() {
      const { scope } = current
      current = yield* Effect.interruptible(openCurrent)
      isNew = true
      const leave = Effect.zipRight(Effect.sleep(grace), Scope.close(scope, Exit.void))
      yield* Effect.forkIn(Effect.interruptible(Effect.zipRight(leave, tidy)), outer)
    })

    /** Others may have noticed at the same time. */
    const replaceDamaged = (n: number) =>
      inTurn(Effect.suspend(() => n === current.n ? Effect.zipRight(replace(n, "damaged"), reopen) : Effect.void))

    /** Where there is nothing to go to, this process stays where it is. */
    const isLeft = Effect.suspend(() => {
      const { identity, n, stamp } = current
      return Effect.zipWith(
        files.stamp,
        files.identity(n),
        (now, is) => (now !== undefined && now !== stamp) || (is !== undefined && is !== identity)
      )
    })

    const follow = Effect.if(isLeft, {
      onTrue: () => inTurn(Effect.if(isLeft, { onTrue: () => reopen, onFalse: () => Effect.void })),
      onFalse: () => Effect.void
    })

    const use = <A, R>(
      operation: (store: EntryStore) => Effect.Effect<A, StorageFailure, R>
    ): Effect.Effect<A, StorageFailure, R> =>
      Effect.suspend(() => {
        const { n, store } = current
        return Effect.catchTag(operation(store), "Corrupt", () =>
          Effect.zipRight(
            replaceDamaged(n),
            Effect.suspend(() => operation(current.store))
          ))
      })

    return {
      generation: use((store) => store.generation),
      get: (key) => use((store) => store.get(key)),
      put: (entries, write) => use((store) => store.put(entries, write)),
      invalidate: (invalidation) => Effect.zipRight(follow, use((store) => store.invalidate(invalidation))),
      changes: Effect.zipRight(
        follow,
        Effect.flatMap(use((store) => store.changes), (changes) => {
          if (!isNew) return Effect.succeed(changes)
          isNew = false
          return Effect.succeedSome({ keys: [], barriers: [], everything: true })
        })
      ),
      claim: (key) => use((store) => store.claim(key)),
      size: use((store) => store.size),
      discard: Effect.suspend(() => files.discard(current.n))
    }
  })
