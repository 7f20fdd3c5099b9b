/**
 * The vault's file as this process sees it: behind both `SecureStore` and `Maintenance`, which share its keys, its lock
 * and what was read.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Clock, Context, Effect, Layer, Option, PubSub } from "effect"
import type { Stream } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { SecretChange } from "../../../domain/storage/SecureStore.ts"
import { Corrupt, Full } from "../../../domain/storage/StorageFailure.ts"
import { ProcessLock } from "../local/ProcessLock.ts"
import * as DurableFile from "./DurableFile.ts"
import * as PinnedFile from "./PinnedFile.ts"
import * as RollbackGuard from "./RollbackGuard.ts"
import type * as RootSlot from "./RootSlot.ts"
import * as Vault from "./Vault.ts"
import * as VaultChanges from "./VaultChanges.ts"
import type * as VaultFile from "./VaultFile.ts"
import * as VaultIdentity from "./VaultIdentity.ts"
import { VaultKeys } from "./VaultKey.ts"
import * as VaultReader from "./VaultReader.ts"
import * as VaultSlots from "./VaultSlots.ts"
import * as VaultUnlock from "./VaultUnlock.ts"

type Found = Option.Option<Vault.Vault>

export class OpenVault extends Context.Tag("effect-strata/infrastructure/storage/secure/OpenVault")<
  OpenVault,
  {
    /** The path of the vault, without the symbolic links that led to its folder. */
    readonly file: string

    /** `none` when there is no file. Otherwise its current state or a failure, never an older state. */
    readonly current: Effect.Effect<Found, SecretFailure>

    /** What `current` would give, when that needs neither waiting nor the file's content. */
    readonly peek: () => Found | undefined

    /** What the file holds, without unlocking it: nothing of it is authenticated. */
    readonly inspect: Effect.Effect<Option.Option<VaultFile.VaultFile>, SecretFailure>

    /** Whether an older copy of the file would be noticed by the next process. Known once the vault was opened. */
    readonly noticesRollback: () => boolean

    /** A new, empty vault for the change of `update` that found none. Makes a key where a source does so. */
    readonly create: Effect.Effect<Vault.Vault, SecretFailure>

    /**
     * Changes the vault under the lock that holds across processes. The vault given back is written durably, as the next
     * generation, unless it is the one found. When `change` fails or is interrupted nothing is written. It must not
     * use this service but for `create` and `keysOf`.
     */
    readonly update: <A, E, R>(
      change: (found: Found) => Effect.Effect<readonly [A, Found], E, R>
    ) => Effect.Effect<A, SecretFailure | E, R>

    /** Opens the vault by a slot of `type`, and keeps the slot's key for this process. `WrongSecret` when none opens. */
    readonly unlock: (type: string, keyOf: VaultUnlock.KeyOfSlot) => Effect.Effect<void, SecretFailure>

    /** The keys of the slots that can be opened now. May ask the person. */
    readonly keysOf: (file: VaultFile.VaultFile) => Effect.Effect<ReadonlyArray<RootSlot.SlotKey>>

    /** Writes an older copy (`RolledBack`) as the newest generation, so that every process goes on with it. */
    readonly acceptRollback: Effect.Effect<void, SecretFailure>

    /**
     * Writes the previous generation as the newest one, once it has been opened. What stood there keeps its bytes under
     * the name given back; `none` when nothing did.
     */
    readonly restorePrevious: Effect.Effect<Option.Option<string>, SecretFailure>

    /** What becomes of the entries from now on. */
    readonly changes: Stream.Stream<SecretChange, SecretFailure>
  }
>() {}

export interface Options {
  readonly file: string
}

/** A `modify` may hold the lock while it talks to a server. */
const patience = "30 seconds"

const store = "secret store"

export const make = (options: Options) =>
  Effect.gen(function*() {
    const sources = yield* VaultKeys
    const locks = yield* ProcessLock
    const { digest, file } = yield* VaultIdentity.of(options.file)
    const lockName = `secret-store-${digest}`
    const exclusively = locks.withLock(lockName, patience)
    const disk = yield* DurableFile.make({ file, store })
    const unlock = VaultUnlock.make(sources)
    const guard = RollbackGuard.make(sources)
    const lock = locks.tryHold(lockName)
    const reader = yield* VaultReader.make({ file, disk, unlock, guard, lock })
    const writes = yield* PubSub.sliding<void>(1)
    // Whoever holds the lock now writes, and keeps what it wrote.
    const keepAtEnd = Effect.flatMap(lock, (held) => Option.isSome(held) ? guard.keep : Effect.void)
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.scoped(keepAtEnd)))

    /** The source of the vault that was created last, until that is written. */
    let creator: VaultUnlock.Unlocked["source"] = Option.none()

    /** `unlocked` becomes the newest generation. */
    const write = (unlocked: VaultUnlock.Unlocked, previous: DurableFile.Previous, next = guard.next) =>
      Effect.gen(function*() {
        const vault = Vault.atGeneration(unlocked.vault, yield* next(unlocked))
        const bytes = Vault.encode(vault)
        if (bytes.length > PinnedFile.maxSize) return yield* new Full({ store, operation: "write" })
        yield* disk.write(bytes, previous)
        unlock.adopt(vault)
        creator = Option.none()
        yield* reader.wrote(bytes, vault)
        yield* guard.wrote(vault.file.generation)
        yield* PubSub.publish(writes, undefined)
      })

    const writeChanged = (found: Found, vault: Vault.Vault) => {
      const revoked = Option.exists(found, (before) => VaultSlots.isRevoked(before, vault))
      return write({ vault, source: creator }, revoked ? "forget" : "keep")
    }

    const openedFrom = (bytes: Option.Option<Uint8Array>) =>
      Option.isNone(bytes)
        ? Effect.fail(new Corrupt({ store, operation: "read" }))
        : Effect.flatMap(Vault.decode(bytes.value), unlock.open)

    const previous = PinnedFile.readingChecked(disk.backup, disk.readPrevious)

    return OpenVault.of({
      file,
      current: reader.current,
      peek: reader.peek,
      inspect: reader.inspect,
      noticesRollback: guard.isKept,
      keysOf: unlock.keysOf,

      create: Effect.gen(function*() {
        const created = yield* unlock.create(yield* Clock.currentTimeMillis)
        creator = created.source
        return created.vault
      }),

      update: (change) =>
        exclusively(Effect.uninterruptibleMask((restore) =>
          Effect.gen(function*() {
            const found = yield* restore(reader.current)
            const [answer, changed] = yield* restore(change(found))
            const same = Option.isNone(changed) || Option.contains(found, changed.value)
            if (!same) yield* writeChanged(found, changed.value)
            return answer
          })
        )),

      unlock: (type, keyOf) => reader.openWith((decoded) => unlock.openWith(decoded, type, keyOf)),

      acceptRollback: exclusively(Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(Effect.flatMap(reader.checked, openedFrom)), (unlocked) =>
          write(unlocked, "keep", guard.nextOfAll))
      )),

      restorePrevious: exclusively(Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const unlocked = yield* restore(Effect.flatMap(previous, openedFrom))
          const aside = PinnedFile.exists(file)
            ? Option.some(yield* disk.setAside(yield* reader.quarantineSuffix))
            : Option.none()
          yield* write(unlocked, "leave", guard.nextOfAll)
          return aside
        })
      )),

      changes: yield* VaultChanges.make({
        file,
        current: reader.current,
        written: Effect.map(PubSub.subscribe(writes), (queue) =>
          queue.take)
      })
    })
  })

/**
 * Building it opens no file: the vault is unlocked when it is first read and created by the first write. Closing it
 * keeps the generation beside the key.
 */
export const layer = (
  options: Options
): Layer.Layer<OpenVault, never, VaultKeys | ProcessLock | FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(OpenVault, make(options))
