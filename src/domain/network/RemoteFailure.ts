/**
 * What can go wrong when the other side is a backend. One class per thing a caller would do differently.
 */
import { Schema } from "effect"

/** The device has no way to the backend right now; nothing was sent. Work offline and try again when `Connectivity` changes. */
export class Offline extends Schema.TaggedError<Offline>()("Offline", {}) {
  override get message() {
    return "The backend cannot be reached: the device is offline or nothing listens at its address"
  }
}

/** The backend was reached but cannot serve (5xx, timeout before anything was written); safe to try again later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  retryAfter: Schema.optional(Schema.Duration)
}) {
  override get message() {
    return "The backend is not able to answer right now"
  }
}

/** No session, or the session is over: sign in again. */
export class Unauthenticated extends Schema.TaggedError<Unauthenticated>()("Unauthenticated", {}) {
  override get message() {
    return "Not signed in"
  }
}

/** Signed in, but not allowed to do this. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", {}) {
  override get message() {
    return "The backend refuses this operation to this account"
  }
}

/** What was asked for does not exist (any more). */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {}) {
  override get message() {
    return "The backend does not know what was asked for"
  }
}

/** Somebody else changed it first: read again, merge, and send the result. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", {}) {
  override get message() {
    return "The backend holds a newer version"
  }
}

/**
 * The request itself is wrong and will be refused however often it is sent. `issues` name fields, never values.
 * `unexplained`: the answer is none that the backend's contract has for this, so that something on the way may have
 * given it; do not give up what was to be sent.
 */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  issues: Schema.Array(Schema.String),
  unexplained: Schema.optional(Schema.Boolean)
}) {
  override get message() {
    return `The backend refuses the request${this.issues.length === 0 ? "" : `: ${this.issues.join("; ")}`}`
  }
}

/** Too many requests; wait `retryAfter` before the next one. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  retryAfter: Schema.Duration
}) {
  override get message() {
    return "Too many requests"
  }
}

/** The backend no longer speaks this application's API version: the application has to be updated. */
export class UpgradeRequired extends Schema.TaggedError<UpgradeRequired>()("UpgradeRequired", {}) {
  override get message() {
    return "This version of the application is too old for the backend"
  }
}

/** A write was sent and its answer never came: it may or may not have happened. Read before writing again. */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>()("OutcomeUnknown", {}) {
  override get message() {
    return "The request was sent but its answer was lost, so its outcome is unknown"
  }
}

/** Every way a remote operation fails. */
export const RemoteFailure = Schema.Union(
  Offline,
  Unavailable,
  Unauthenticated,
  Forbidden,
  NotFound,
  Conflict,
  Rejected,
  RateLimited,
  UpgradeRequired,
  OutcomeUnknown
)
export type RemoteFailure = typeof RemoteFailure.Type
