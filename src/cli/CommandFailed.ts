/**
 * A command could not do what it was asked to, for a reason of its own.
 */
import { Schema } from "effect"

export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", {
  reason: Schema.String,
  /** What the person can do about it; empty when there is nothing. */
  next: Schema.String
}) {
  override get message() {
    return this.reason
  }
}
