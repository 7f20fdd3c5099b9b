/**
 * Telling, in a few microseconds and without reading it, that a file is still the one that was read.
 *
 * Writers of the vault replace the file and never change one in place, so the same inode is the same content; and while
 * we hold the file open, its inode number is given to no other. That is exact where times are not: several writes may
 * fall into one tick of the file system's clock. Times and size are compared all the same, for whoever copies an old
 * file over this one. The call is synchronous because one trip to Node's thread pool costs more than opening an entry.
 */
import { Effect, Either, Option, Predicate } from "effect"
import * as fs from "node:fs"
import { dirname } from "node:path"
import { Locked } from "../../../domain/storage/SecretFailure.ts"
import { Corrupt, Io } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

export interface PinnedFile {
  readonly file: string
  /** Of the file, held open; absent on Windows, where an open file cannot be replaced and numbers are not reused. */
  readonly descriptor: number | undefined
  readonly stats: fs.BigIntStats
}

type Pinning = Either.Either<Option.Option<PinnedFile>, Locked | StorageFailure>

const store = "secret store"
const windows = process.platform === "win32"

/** Larger files are not ours; reading one would only cost memory. */
export const maxSize = 64 * 1024 * 1024

/** `undefined` when there is nothing of that name. */
const look = (file: string) => fs.lstatSync(file, { bigint: true, throwIfNoEntry: false })

/** Who besides us could put something else in its place, and how to stop that. */
const openTo = (what: string, path: string, { mode, uid }: fs.BigIntStats, safe: string): Option.Option<string> => {
  const me = process.getuid?.()
  if (windows || me === undefined) return Option.none()
  if (uid !== BigInt(me) && uid !== 0n) return Option.some(`make the ${what} your own: chown ${me} "${path}"`)
  return (mode & 0o022n) === 0n
    ? Option.none()
    : Option.some(`let nobody else write to the ${what}: chmod ${safe} "${path}"`)
}

/** Fails unless only we, and the administrator, can put files into the folder. */
const folderRefusal = (file: string) => {
  const folder = dirname(file)
  return openTo("folder of the secret store", folder, fs.statSync(folder, { bigint: true }), "go-w")
}

/** A link is refused, whoever made it: replacing it by a file would leave the vault where it points to behind. */
const refusal = (file: string, stats: fs.BigIntStats): Option.Option<string> =>
  stats.isSymbolicLink()
    ? Option.some(`put the secret store itself where the symbolic link is: "${file}"`)
    : Option.orElse(openTo("secret store", file, stats, "600"), () => folderRefusal(file))

const isSame = (a: fs.BigIntStats, b: fs.BigIntStats) =>
  a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs &&
  a.mode === b.mode && a.uid === b.uid

/** Opens what `stats` is of. Not blocking, and following no link, should it have become something else by now. */
const hold = (file: string, stats: fs.BigIntStats): PinnedFile => {
  if (windows) return { file, descriptor: undefined, stats }
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants
  const descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  return { file, descriptor, stats: fs.fstatSync(descriptor, { bigint: true }) }
}

/** A file that went away in between is as good as one that was never there. */
const isAbsence = (cause: unknown) =>
  Predicate.hasProperty(cause, "code") && (cause.code === "ENOENT" || cause.code === "ENOTDIR")

const absent: Pinning = Either.right(Option.none())

const pinNow = (file: string): Pinning => {
  const stats = look(file)
  if (stats === undefined) return absent
  const fix = refusal(file, stats)
  if (Option.isSome(fix)) return Either.left(new Locked({ fixes: [fix.value] }))
  return stats.isFile() && stats.size <= maxSize
    ? Either.right(Option.some(hold(file, stats)))
    : Either.left(new Corrupt({ store, operation: "read" }))
}

/**
 * `none` when there is no file. Read it after this: should it be replaced in between, `isCurrent` says so. Release it
 * when done. Fails `Locked` where somebody else could replace it.
 */
export const pin = (file: string): Effect.Effect<Option.Option<PinnedFile>, Locked | StorageFailure> =>
  Effect.try({
    try: () => pinNow(file),
    catch: (cause) => (isAbsence(cause) ? absent : Either.left(new Io({ store, operation: "read", cause })))
  }).pipe(Effect.merge, Effect.flatten)

export const isCurrent = ({ file, stats }: PinnedFile): boolean => {
  try {
    const now = look(file)
    return now !== undefined && isSame(now, stats)
  } catch {
    return false
  }
}

const released = new WeakSet<PinnedFile>()

/** Once only, whoever asks again: the number may be another file's by then. */
export const release = (pinned: PinnedFile): void => {
  if (pinned.descriptor === undefined || released.has(pinned)) return
  released.add(pinned)
  fs.closeSync(pinned.descriptor)
}

/** Whether there is anything of that name; `false` also when that cannot be told. */
export const exists = (file: string): boolean => {
  try {
    return look(file) !== undefined
  } catch {
    return false
  }
}

/** What `read` gives of a file that is found to be safe to read; `none` when there is none. */
export const readingChecked = <A, E>(
  file: string,
  read: Effect.Effect<Option.Option<A>, E>
): Effect.Effect<Option.Option<A>, E | Locked | StorageFailure> =>
  Effect.acquireUseRelease(
    pin(file),
    (pinned) => Option.isSome(pinned) ? read : Effect.succeedNone,
    (pinned) => Effect.sync(() => Option.map(pinned, release))
  )
