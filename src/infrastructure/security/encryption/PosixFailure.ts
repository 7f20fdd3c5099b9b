/**
 * What the names that POSIX gives the file system's errors mean to whoever uses a store.
 */
import { Predicate } from "effect"
import { Busy, Full, Io, ReadOnly } from "../../../domain/storage/StorageFailure.ts"

const writeFailures: Readonly<Record<string, typeof Busy | typeof Full | typeof ReadOnly>> = {
  ENOSPC: Full,
  EDQUOT: Full,
  EFBIG: Full,
  EROFS: ReadOnly,
  EACCES: ReadOnly,
  EPERM: ReadOnly,
  EBUSY: Busy
}

const folderSyncUnsupported = new Set(["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"])

const linkUnsupported = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"])

/** Such as `ENOSPC`; empty for an error that has no such name. */
const codeOf = (cause: unknown) => Predicate.hasProperty(cause, "code") ? String(cause.code) : ""

/** The failure of an operation that writes; one that reads has no other than `Io`. */
export const ofWriting = (cause: unknown): typeof Busy | typeof Full | typeof ReadOnly | typeof Io =>
  writeFailures[codeOf(cause)] ?? Io

/** Some file systems, and Windows, cannot make a folder durable by itself. */
export const isFolderSyncUnsupported = (cause: unknown): boolean => folderSyncUnsupported.has(codeOf(cause))

/** Some file systems have one name per file only. */
export const isLinkUnsupported = (cause: unknown): boolean => linkUnsupported.has(codeOf(cause))
