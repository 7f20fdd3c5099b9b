/**
 * Files read and written in large pieces, by position and without copies.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { open, rename, rm } from "node:fs/promises"
import type { FileHandle } from "node:fs/promises"
import { dirname } from "node:path"
import { Io } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as PosixFailure from "./PosixFailure.ts"

export type Store = "source file" | "target file"

const failure = (store: Store, operation: string) => (cause: unknown): StorageFailure => {
  const Failure = store === "target file" ? PosixFailure.ofWriting(cause) : Io
  return new Failure({ store, operation, cause })
}

/** An operation of the file system. Closing a handle waits for those that were interrupted. */
export const attempt = <A>(
  store: Store,
  operation: string,
  run: () => Promise<A>
): Effect.Effect<A, StorageFailure> => Effect.tryPromise({ try: run, catch: failure(store, operation) })

const opened = (store: Store, path: string, flags: number | "wx") =>
  Effect.acquireRelease(
    attempt(store, "open", () => open(path, flags, 0o600)),
    (handle) => Effect.ignore(attempt(store, "close", () => handle.close()))
  )

/** Neither a folder nor a pipe, which would be waited for: a regular file, and its length in bytes. */
export const openSource = (
  path: string
): Effect.Effect<{ readonly handle: FileHandle; readonly length: number }, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    // Windows has no such flag, and no named pipes among its files.
    const handle = yield* opened("source file", path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stat = yield* attempt("source file", "stat", () => handle.stat())
    if (!stat.isFile()) return yield* new Io({ store: "source file", operation: "open, it is not a regular file" })
    return { handle, length: stat.size }
  })

/** Fills `buffer` from `position` on; gives fewer bytes only where the file ends. */
export const readFully = async (
  handle: FileHandle,
  buffer: Uint8Array,
  position: number,
  filled = 0
): Promise<Uint8Array> => {
  const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled)
  const total = filled + bytesRead
  return bytesRead === 0 || total === buffer.length
    ? buffer.subarray(0, total)
    : readFully(handle, buffer, position, total)
}

const dropped = (pieces: ReadonlyArray<Uint8Array>, count: number) => {
  let skipped = count
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(Math.min(skipped, piece.length))
    skipped -= piece.length - rest.length
    return rest.length === 0 ? [] : [rest]
  })
}

/** Appends all of `pieces`. */
export const writeFully = async (handle: FileHandle, pieces: ReadonlyArray<Uint8Array>): Promise<void> => {
  const { bytesWritten } = await handle.writev([...pieces])
  const rest = dropped(pieces, bytesWritten)
  if (rest.length > 0) await writeFully(handle, rest)
}

/** Makes a change of names durable, where the file system can. */
const syncFolder = (folder: string) =>
  Effect.scoped(Effect.flatMap(
    opened("target file", folder, constants.O_RDONLY),
    (handle) => attempt("target file", "sync", () => handle.sync())
  )).pipe(
    Effect.catchIf(({ cause }) => PosixFailure.isFolderSyncUnsupported(cause), () => Effect.void)
  )

/**
 * What `write` writes becomes `path` at once, durably and only if it succeeds, readable by its owner only; until then
 * there is another file beside it, which an interruption removes too.
 */
export const replace = <A, E>(
  path: string,
  write: (handle: FileHandle) => Effect.Effect<A, E>
): Effect.Effect<A, E | StorageFailure> =>
  Effect.suspend(() => {
    const temporary = `${path}.${randomBytes(8).toString("hex")}.tmp`
    const remove = Effect.ignore(attempt("target file", "remove", () => rm(temporary, { force: true })))
    return opened("target file", temporary, "wx").pipe(
      Effect.flatMap((handle) => Effect.zipLeft(write(handle), attempt("target file", "sync", () => handle.sync()))),
      Effect.scoped,
      Effect.zipLeft(Effect.uninterruptible(attempt("target file", "rename", () => rename(temporary, path)))),
      Effect.onError(() => remove),
      Effect.zipLeft(syncFolder(dirname(path)))
    )
  })
