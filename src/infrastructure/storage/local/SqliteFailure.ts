/**
 * What SQLite's result codes and the operating system's error numbers mean for the caller.
 */
import { SqlError } from "@effect/sql/SqlError"
import { Effect, Option, Predicate } from "effect"
import { Busy, Corrupt, Full, Io, ReadOnly, Unrecognized } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

/** Where it happened: `store` is the file as the user knows it. */
export interface Place {
  readonly store: string
  readonly operation: string
}

type Kind = new(fields: Place & { readonly cause: unknown }) => StorageFailure

/** Primary result codes. Those that are missing (ERROR, CONSTRAINT, MISUSE, RANGE, ...) only a bug can cause. */
const kinds: Readonly<Record<string, Kind>> = {
  SQLITE_BUSY: Busy,
  SQLITE_LOCKED: Busy,
  SQLITE_PROTOCOL: Busy,
  SQLITE_FULL: Full,
  SQLITE_CORRUPT: Corrupt,
  SQLITE_NOTADB: Corrupt,
  SQLITE_READONLY: ReadOnly,
  SQLITE_PERM: ReadOnly,
  SQLITE_CANTOPEN: Io,
  SQLITE_INTERRUPT: Io,
  SQLITE_IOERR: Io,
  SQLITE_NOLFS: Io,
  SQLITE_NOMEM: Io,
  EIO: Io,
  EMFILE: Io,
  ENFILE: Io,
  ENOENT: Io,
  ENOTDIR: Io,
  ESTALE: Io,
  EFTYPE: Unrecognized,
  ENOSPC: Full,
  EDQUOT: Full,
  EACCES: ReadOnly,
  EPERM: ReadOnly,
  EROFS: ReadOnly
}

/** Extended codes begin with their primary code, as in SQLITE_BUSY_SNAPSHOT. */
const primary = /^(?:SQLITE_[A-Z]+|E[A-Z]+)/

/** The failure that `cause` stands for; `none` for what only a bug can cause. */
export const fromCause = (cause: unknown, place: Place): Option.Option<StorageFailure> => {
  const error = cause instanceof SqlError ? cause.cause : cause
  const code = Predicate.hasProperty(error, "code") ? (primary.exec(String(error.code))?.[0] ?? "") : ""
  return Option.map(Option.fromNullable(kinds[code]), (Failure) => new Failure({ ...place, cause: error }))
}

/** While opening, whatever the driver says without a code (no binding, no such folder) is the machine's doing as well. */
export const fromOpening = (cause: unknown, place: Place): StorageFailure =>
  Option.getOrElse(fromCause(cause, place), () => new Io({ ...place, cause }))

/** Types the `SqlError`s of `self`; the ones that only a bug can cause become defects. */
export const typed =
  (place: Place) =>
  <A, E, R>(self: Effect.Effect<A, E | SqlError, R>): Effect.Effect<A, Exclude<E, SqlError> | StorageFailure, R> =>
    Effect.catchAll(
      self,
      (error): Effect.Effect<never, Exclude<E, SqlError> | StorageFailure> =>
        error instanceof SqlError
          ? Option.match(fromCause(error, place), { onNone: () => Effect.die(error), onSome: Effect.fail })
          : Effect.fail(error as Exclude<E, SqlError>)
    )
