/**
 * What an error of the trace store's driver means. Does not load the driver.
 */
import { ParseResult } from "effect"
import { Busy, Corrupt, Full, Io, ReadOnly } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

/** How failures name the file. */
export const store = "trace store"

/** Not thrown by the driver: the file is a database, but not one that this code may touch. */
export class Refused {
  readonly failure: StorageFailure
  constructor(failure: StorageFailure) {
    this.failure = failure
  }
}

const hasCode = (error: unknown): error is { readonly code: string } =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"

/** What an error of the driver or of the file system means. */
export const failureOf = (operation: string, error: unknown): StorageFailure => {
  if (error instanceof Refused) return error.failure
  // The error's text quotes what was read.
  if (ParseResult.isParseError(error)) return new Corrupt({ store, operation })
  const code = hasCode(error) ? error.code : ""
  const fields = { store, operation, cause: error }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return new Busy(fields)
  if (code.startsWith("SQLITE_FULL") || code === "ENOSPC" || code === "EDQUOT") return new Full(fields)
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return new Corrupt(fields)
  if (code.startsWith("SQLITE_READONLY") || code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new ReadOnly(fields)
  }
  return new Io(fields)
}
