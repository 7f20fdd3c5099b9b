/**
 * What the platform's errors mean to whoever uses a store.
 */
import type { PlatformError } from "@effect/platform/Error"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { Io } from "../../../domain/storage/StorageFailure.ts"
import * as PosixFailure from "../../security/encryption/PosixFailure.ts"

/** For failures of an operation that writes. */
export const writing = (store: string, operation: string) => (cause: PlatformError): StorageFailure => {
  const Failure = PosixFailure.ofWriting(cause.cause)
  return new Failure({ store, operation, cause })
}

/** For failures of an operation that reads: whatever the reason, it cannot be used now. */
export const reading = (store: string, operation: string) => (cause: PlatformError): StorageFailure =>
  new Io({ store, operation, cause })

/** Whether it is the folder that cannot be made durable by itself. */
export const isUnsupported = ({ cause }: PlatformError): boolean => PosixFailure.isFolderSyncUnsupported(cause)

/** Whether a file cannot have another name. */
export const isLinkUnsupported = ({ cause }: PlatformError): boolean => PosixFailure.isLinkUnsupported(cause)
