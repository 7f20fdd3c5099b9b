/**
 * What can go wrong when a person is asked to prove presence.
 */
import { Schema } from "effect"

/** This device or session has no way to ask. `reason` is for the log reader. */
export class BiometricUnavailable extends Schema.TaggedError<BiometricUnavailable>()("BiometricUnavailable", {
  reason: Schema.Literal("NoHardware", "NotEnrolled", "ServiceUnavailable", "UnsupportedPlatform")
}) {
  override get message() {
    return `Biometric authentication is not available (${this.reason})`
  }
}

/** The person was asked and is not the one enrolled. */
export class NotRecognized extends Schema.TaggedError<NotRecognized>()("NotRecognized", {}) {
  override get message() {
    return "The person was not recognized"
  }
}

/** The person closed the question. Do not ask again by yourself. */
export class BiometricCancelled extends Schema.TaggedError<BiometricCancelled>()("BiometricCancelled", {}) {
  override get message() {
    return "Biometric authentication was cancelled"
  }
}

/** Too many failed tries; another way in is needed. */
export class LockedOut extends Schema.TaggedError<LockedOut>()("LockedOut", {}) {
  override get message() {
    return "Biometric authentication is locked after too many tries"
  }
}

/** Every way asking for presence fails. */
export const BiometricFailure = Schema.Union(BiometricUnavailable, NotRecognized, BiometricCancelled, LockedOut)
export type BiometricFailure = typeof BiometricFailure.Type
