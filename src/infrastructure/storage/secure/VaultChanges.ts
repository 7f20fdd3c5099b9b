/**
 * What becomes of the vault's entries, by this process and by others. Each subscriber compares the vault with the one
 * it saw last, so whoever is slow gets several changes of an entry as one, and nothing piles up.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Queue, Schedule, Stream } from "effect"
import type { Option, Scope } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { SecretChange } from "../../../domain/storage/SecureStore.ts"
import type * as Vault from "./Vault.ts"
import * as VaultEntries from "./VaultEntries.ts"

/** For folders that cannot be watched and for events that get lost; looking costs one system call. */
const interval = "2 seconds"

export interface Options {
  readonly file: string
  readonly current: Effect.Effect<Option.Option<Vault.Vault>, SecretFailure>
  /** A subscription to the writes of this process: each run waits for one. */
  readonly written: Effect.Effect<Effect.Effect<void>, never, Scope.Scope>
}

export const make = (vault: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path

    /** The folder is watched, since the file is another one after each write. It may not be there yet. */
    const events = Stream.filter(
      fs.watch(path.dirname(vault.file)),
      (event) => path.basename(event.path) === path.basename(vault.file)
    )

    const changes = Effect.gen(function*() {
      const doubts = yield* Queue.sliding<void>(1)
      const doubt = Queue.offer(doubts, undefined)
      const written = yield* vault.written
      yield* Effect.forkScoped(Effect.forever(Effect.zipRight(written, doubt)))
      yield* Stream.runForEach(events, () => doubt).pipe(
        // Also what watching throws, such as at the limit of watched folders: looking again and again is enough.
        Effect.catchAllCause(() => Effect.void),
        Effect.repeat(Schedule.spaced(interval)),
        Effect.forkScoped
      )
      yield* Effect.forkScoped(Effect.repeat(doubt, Schedule.spaced(interval)))

      let last = yield* vault.current
      return Stream.fromQueue(doubts, { maxChunkSize: 1 }).pipe(
        Stream.mapEffect(() => vault.current),
        Stream.mapConcat((next) => {
          const changed = VaultEntries.difference(last, next)
          last = next
          return changed
        })
      )
    })

    return Stream.unwrapScoped(changes) satisfies Stream.Stream<SecretChange, SecretFailure>
  })
