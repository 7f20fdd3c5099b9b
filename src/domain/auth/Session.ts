/**
 * Being signed in, as business code sees it: no tokens.
 */
import { Schema } from "effect"
import { User } from "./User.ts"

export class Session extends Schema.Class<Session>("Session")({
  user: User,
  startedAt: Schema.DateTimeUtc
}) {}

/** What happened to the session. `SessionExpired` means that the person has to sign in again. */
export const SessionEvent = Schema.Union(
  Schema.TaggedStruct("SignedIn", { user: User }),
  Schema.TaggedStruct("SignedOut", {}),
  Schema.TaggedStruct("SessionExpired", {})
)
export type SessionEvent = typeof SessionEvent.Type
