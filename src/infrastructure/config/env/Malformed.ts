/**
 * Where a settings file stops making sense. Nothing of the file's text is in it, because the text may be a secret.
 */
import { Data } from "effect"

export class Malformed extends Data.TaggedError("Malformed")<{
  /** Counted from 1. */
  readonly line: number

  /** Counted from 1, in UTF-16 code units. */
  readonly column: number
  readonly expected: string
}> {}

/** A file's text as key and value; values are never empty. */
export type Entries = ReadonlyMap<string, string>

/** `offset` into `text` as line and column. */
export const malformedAt = (text: string, offset: number, expected: string) => {
  const before = text.slice(0, offset)
  return new Malformed({
    line: before.split("\n").length,
    column: offset - before.lastIndexOf("\n"),
    expected
  })
}

/** Without byte order mark, with `\n` at the end of lines. */
export const normalized = (text: string) => text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n")
