/**
 * Goes on in memory when the disk fails. A write that failed may have left a value behind that should be gone, so
 * the file is not read again by this process, and is emptied before the next one reads it.
 */
import { Cause, Effect } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import type { EntryStore } from "./EntryStore.ts"

export interface Options {
  readonly disk: EntryStore
  readonly memory: EntryStore
  /** Has the file emptied when it is opened next. */
  readonly discard: Effect.Effect<void>
}

export const make = ({ discard, disk, memory }: Options): EntryStore => {
  let current = disk

  const degrade = (reason: string) =>
    Effect.suspend(() => {
      if (current === memory) return Effect.void
      current = memory
      return Effect.zipRight(
        discard,
        Effect.logWarning(`The cache goes on in memory: its file failed (${reason})`)
      )
    })

  const attempt = <A>(
    operation: (store: EntryStore) => Effect.Effect<A, StorageFailure>,
    isHarmless: (failure: StorageFailure) => boolean = () => false
  ) =>
    Effect.suspend(() => operation(current)).pipe(
      Effect.tapErrorCause((cause) => {
        if (Cause.isInterruptedOnly(cause)) return Effect.void
        if (cause._tag === "Fail") return isHarmless(cause.error) ? Effect.void : degrade(cause.error._tag)
        return degrade("Defect")
      })
    )

  return {
    get: (key) => attempt((store) => store.get(key), ({ _tag }) => _tag === "Busy"),
    put: (entry) => attempt((store) => store.put(entry)),
    remove: (key) => attempt((store) => store.remove(key)),
    clear: attempt((store) => store.clear),
    count: attempt((store) => store.count, ({ _tag }) => _tag === "Busy")
  }
}
