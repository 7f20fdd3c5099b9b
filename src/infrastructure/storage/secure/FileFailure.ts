/**
 * What the file system's errors mean to whoever uses a store.
 */
import type { PlatformError } from "@effect/platform/Error"
import { Predicate } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { Busy, Full, Io, ReadOnly } from "../../../domain/storage/StorageFailure.ts"

/** The name POSIX gives the error, such as `ENOSPC`. */
const codeOf = (error: PlatformError) =>
  Predicate.hasProperty(error.cause, "code") ? String(error.cause.code) : undefined

const writeFailures: Readonly<Record<string, typeof Busy | typeof Full | typeof ReadOnly>> = {
  ENOSPC: Full,
  EDQUOT: Full,
  EFBIG: Full,
  EROFS: ReadOnly,
  EACCES: ReadOnly,
  EPERM: ReadOnly,
  EBUSY: Busy
}

/** For failures of an operation that writes. */
export const writing = (store: string, operation: string) => (cause: PlatformError): StorageFailure => {
  const Failure = writeFailures[codeOf(cause) ?? ""] ?? Io
  return new Failure({ store, operation, cause })
}

/** For failures of an operation that reads: whatever the reason, it cannot be used now. */
export const reading = (store: string, operation: string) => (cause: PlatformError): StorageFailure =>
  new Io({ store, operation, cause })

/** Some file systems, and Windows, cannot make a folder durable by itself. */
export const isUnsupported = (error: PlatformError): boolean =>
  ["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"].includes(codeOf(error) ?? "")

/** Some file systems have one name per file only. */
export const isLinkUnsupported = (error: PlatformError): boolean =>
  ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(codeOf(error) ?? "")
