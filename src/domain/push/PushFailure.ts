/**
 * What can go wrong with push.
 */
import { Schema } from "effect"
import { RemoteFailure } from "../network/RemoteFailure.ts"
import { SecretFailure } from "../storage/SecretFailure.ts"

/** This device is not registered: call `register` first. */
export class NotRegistered extends Schema.TaggedError<NotRegistered>()("NotRegistered", {}) {
  override get message() {
    return "This device is not registered for push messages"
  }
}

/** Every way push fails. */
export const PushFailure = Schema.Union(NotRegistered, RemoteFailure, SecretFailure)
export type PushFailure = typeof PushFailure.Type
