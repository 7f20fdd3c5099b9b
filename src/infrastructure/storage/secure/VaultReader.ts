/**
 * Reading the vault's file, and not reading it again as long as it is the one that was read.
 */
import { Clock, Effect, Either, Option } from "effect"
import type { Scope } from "effect"
import { Locked } from "../../../domain/storage/SecretFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import type * as DurableFile from "./DurableFile.ts"
import * as PinnedFile from "./PinnedFile.ts"
import type * as RollbackGuard from "./RollbackGuard.ts"
import * as Vault from "./Vault.ts"
import * as VaultFile from "./VaultFile.ts"
import type * as VaultUnlock from "./VaultUnlock.ts"

type Found = Option.Option<Vault.Vault>

/** The vault as last read or written; good as long as the file is the one that is pinned, or holds the same bytes. */
interface Opened {
  readonly pinned: PinnedFile.PinnedFile
  readonly bytes: Uint8Array
  readonly vault: Vault.Vault
}

export interface Options {
  readonly file: string
  readonly disk: DurableFile.DurableFile
  readonly unlock: ReturnType<typeof VaultUnlock.make>
  readonly guard: ReturnType<typeof RollbackGuard.make>
  /** The vault's lock, when nobody holds it. */
  readonly lock: Effect.Effect<Option.Option<void>, StorageFailure, Scope.Scope>
}

type Open = (decoded: VaultFile.Decoded) => Effect.Effect<VaultUnlock.Unlocked, SecretFailure>

const absent = Effect.succeedNone

/** How often a file that was replaced while it was read is read again. */
const attempts = 10

/** What was written while we read makes what we read older without anybody having put it there. */
const isOutrun = (pinned: PinnedFile.PinnedFile, { _tag }: SecretFailure) =>
  _tag === "RolledBack" && !PinnedFile.isCurrent(pinned)

export const make = ({ disk, file, guard, lock, unlock }: Options) =>
  Effect.gen(function*() {
    /** Opening may ask the person, so that it is done once for all who wait. */
    const alone = yield* Effect.makeSemaphore(1)
    let opened: Opened | undefined
    let swept = false

    const keep = (next: Opened | undefined) => {
      if (opened !== undefined && opened.pinned !== next?.pinned) PinnedFile.release(opened.pinned)
      opened = next
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => keep(undefined)))

    const peek = (): Found | undefined =>
      opened !== undefined && PinnedFile.isCurrent(opened.pinned) ? Option.some(opened.vault) : undefined

    /** Once: who writes now removes what is in its way itself. */
    const sweep = Effect.suspend(() => {
      if (swept) return Effect.void
      swept = true
      return disk.temporaries.some(PinnedFile.exists)
        ? Effect.scoped(Effect.flatMap(lock, (held) => Option.isSome(held) ? disk.sweep : Effect.void))
        : Effect.void
    }).pipe(Effect.ignore)

    /** Without the file its previous generation is not a proof that there is nothing: somebody took it away. */
    const missing = Effect.suspend(() => PinnedFile.exists(disk.backup) ? VaultFile.corrupt : absent)

    const use = (pinned: PinnedFile.PinnedFile, open: Open, again: boolean): Effect.Effect<Found, SecretFailure> =>
      Effect.gen(function*() {
        const found = yield* disk.read
        if (Option.isNone(found)) return yield* missing
        const bytes = found.value
        if (!again && opened !== undefined && Buffer.compare(opened.bytes, bytes) === 0) {
          keep({ ...opened, pinned })
          return Option.some(opened.vault)
        }
        const unlocked = yield* Effect.flatMap(Vault.decode(bytes), open)
        yield* guard.check(unlocked)
        keep({ pinned, bytes, vault: unlocked.vault })
        return Option.some(unlocked.vault)
      })

    const readOnce = (open: Open, again: boolean, left: number): Effect.Effect<Found, SecretFailure> =>
      Effect.acquireUseRelease(
        PinnedFile.pin(file),
        Option.match({
          onNone: () => missing,
          onSome: (pinned) =>
            Effect.catchIf(
              use(pinned, open, again),
              (failure) => left > 1 && isOutrun(pinned, failure),
              () => readOnce(open, again, left - 1)
            )
        }),
        (pin) =>
          Effect.sync(() => {
            if (Option.isSome(pin) && opened?.pinned !== pin.value) PinnedFile.release(pin.value)
          })
      )

    /** `again`: opens it though it is open. */
    const read = (open: Open, again: boolean) => Effect.zipRight(sweep, readOnce(open, again, attempts))

    const orPeek = (effect: Effect.Effect<Found, SecretFailure>): Effect.Effect<Found, SecretFailure> =>
      Effect.suspend(() => {
        const found = peek()
        return found === undefined ? effect : Effect.succeed(found)
      })

    const checked = PinnedFile.readingChecked(file, disk.read)

    return {
      peek,

      /** The bytes there now, where nobody else could have put them there. */
      checked,

      current: orPeek(alone.withPermits(1)(orPeek(read(unlock.open, false)))),

      /** Opens it with `open`, though it may be open. */
      openWith: (open: Open): Effect.Effect<void, SecretFailure> =>
        Effect.flatMap(
          alone.withPermits(1)(read(open, true)),
          Option.match({
            onNone: () => new Locked({ fixes: ["keep a first secret: there is no secret store yet"] }),
            onSome: () => Effect.void
          })
        ),

      inspect: Effect.flatMap(
        checked,
        Option.match({
          onNone: () => missing,
          onSome: (bytes) => Effect.map(Vault.decode(bytes), (decoded) => Option.some(decoded.file))
        })
      ),

      /** What this process has just written, under the vault's lock. */
      wrote: (bytes: Uint8Array, vault: Vault.Vault): Effect.Effect<void> =>
        PinnedFile.pin(file).pipe(
          Effect.map(Option.map((pinned) => keep({ pinned, bytes, vault }))),
          // It stands there as it should; who reads it next finds out what is the matter.
          Effect.ignore
        ),

      /** Tells quarantined files apart: the generation the file says it has, or the time. */
      quarantineSuffix: Effect.gen(function*() {
        // What cannot be read is set aside all the same.
        const bytes = yield* Effect.orElseSucceed(checked, () => Option.none())
        const head = VaultFile.head(Option.getOrElse(bytes, () => new Uint8Array(0)))
        const mark = Either.isRight(head) ? head.right.generation : yield* Clock.currentTimeMillis
        return `quarantine-${mark}`
      })
    }
  })
