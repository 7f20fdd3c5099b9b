/**
 * The texts a secret store takes: well-formed Unicode, so that UTF-8 gives back what it was given.
 */
import { Effect, Redacted } from "effect"

const wellFormed = (text: string) => Buffer.from(text, "utf8").toString("utf8") === text

/** A text with half a surrogate pair comes from a bug: bytes belong into base64 first. The message holds no text. */
export const assertWellFormed = (name: string, value: Redacted.Redacted<string>): Effect.Effect<void> =>
  wellFormed(name) && wellFormed(Redacted.value(value))
    ? Effect.void
    : Effect.dieMessage("A name or value of the secret store is not well-formed Unicode; encode bytes as base64")
