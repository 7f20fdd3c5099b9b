/**
 * What is kept of a session: one sealed entry of the `SecureStore`.
 */
import { Schema } from "effect"
import { User } from "../../../domain/auth/User.ts"

/**
 * `obtainedAt` is the local time at which the tokens arrived and `expiresIn` their life in seconds, so that a clock
 * that is wrong by a constant does no harm. `generation` changes with every new pair of tokens, starts at random, and
 * is what every comparison is made with: generations of different sessions do not meet.
 */
export class SessionRecord extends Schema.Class<SessionRecord>("SessionRecord")({
  version: Schema.Literal(1),
  user: User,
  startedAt: Schema.DateTimeUtc,
  accessToken: Schema.Redacted(Schema.String),
  refreshToken: Schema.Redacted(Schema.String),
  obtainedAt: Schema.DateTimeUtc,
  expiresIn: Schema.Number,
  generation: Schema.Int
}) {}

/** A clock may be set back by this much without the age of a token becoming doubtful. */
const toleratedStepMillis = 30_000

/**
 * Whether the access token can still be used at `now` (milliseconds). It counts as old a fifth of its life before its
 * end, at least 5 and at most 60 seconds; a life shorter than that is used up to its end.
 */
export const isFresh = (record: SessionRecord, now: number): boolean => {
  const life = record.expiresIn * 1000
  const margin = Math.min(Math.max(life / 5, 5_000), 60_000)
  const age = now - record.obtainedAt.epochMillis
  return age >= -toleratedStepMillis && age < (life > margin ? life - margin : life)
}
