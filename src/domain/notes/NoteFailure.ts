/**
 * What can go wrong with notes on this device.
 */
import { Schema } from "effect"
import { Unauthenticated } from "../network/RemoteFailure.ts"
import { CryptoFailure } from "../security/CryptoFailure.ts"
import { StorageFailure } from "../storage/StorageFailure.ts"
import { NoteId } from "./Note.ts"

/** No note with this id on this device. */
export class NoteNotFound extends Schema.TaggedError<NoteNotFound>()("NoteNotFound", { id: NoteId }) {
  override get message() {
    return `There is no note ${this.id}`
  }
}

/** Every way a local operation on notes fails. `Unauthenticated`: notes belong to an account, sign in first. */
export const NoteFailure = Schema.Union(NoteNotFound, Unauthenticated, CryptoFailure, StorageFailure)
export type NoteFailure = typeof NoteFailure.Type
