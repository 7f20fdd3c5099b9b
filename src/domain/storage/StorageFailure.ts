/**
 * What can go wrong when the other side is this machine's disk. `store` names the database, cache or file as the
 * user knows it; `cause` is the driver's own error, for the log reader.
 */
import { Schema } from "effect"

const fields = {
  store: Schema.String,
  operation: Schema.String,
  cause: Schema.optional(Schema.Defect)
}

/** Another process holds the store; the operation was given up after its deadline and changed nothing. Try again. */
export class Busy extends Schema.TaggedError<Busy>()("Busy", fields) {
  override get message() {
    return `The ${this.store} is in use by another process (${this.operation})`
  }
}

/** No space left (disk or quota). Nothing was changed; free some space and try again. */
export class Full extends Schema.TaggedError<Full>()("Full", fields) {
  override get message() {
    return `There is no space left for the ${this.store} (${this.operation})`
  }
}

/** The file is not what it should be. It is kept as it is, never overwritten. */
export class Corrupt extends Schema.TaggedError<Corrupt>()("Corrupt", fields) {
  override get message() {
    return `The ${this.store} is damaged and was left untouched (${this.operation})`
  }
}

/** The file, its folder or its file system does not allow writing. */
export class ReadOnly extends Schema.TaggedError<ReadOnly>()("ReadOnly", fields) {
  override get message() {
    return `The ${this.store} cannot be written (${this.operation})`
  }
}

/** The file was written by a newer version of the application: update, do not touch it. */
export class NewerThanApp extends Schema.TaggedError<NewerThanApp>()("NewerThanApp", fields) {
  override get message() {
    return `The ${this.store} was written by a newer version of the application (${this.operation})`
  }
}

/**
 * The file is sound, but not one that this application made: another application's, or of a version whose steps differ
 * from the ones known here. It is kept as it is.
 */
export class Unrecognized extends Schema.TaggedError<Unrecognized>()("Unrecognized", fields) {
  override get message() {
    return `The ${this.store} was not made by this application and was left untouched (${this.operation})`
  }
}

/** Any other failure of the operating system or driver. */
export class Io extends Schema.TaggedError<Io>()("Io", fields) {
  override get message() {
    return `The ${this.store} cannot be used (${this.operation})`
  }
}

/** Every way a local store fails. */
export const StorageFailure = Schema.Union(Busy, Full, Corrupt, ReadOnly, NewerThanApp, Unrecognized, Io)
export type StorageFailure = typeof StorageFailure.Type
