/**
 * `.env` files, as Node reads them with `util.parseEnv`, but refused where Node would guess.
 */
import { Either } from "effect"
import { parseEnv } from "node:util"
import { malformedAt, normalized } from "./Malformed.ts"
import type { Entries, Malformed } from "./Malformed.ts"

const blank = /[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y

/** A comment after a value needs a space before it: Node cuts `a#b` to `a`, which would shorten a password silently. */
const assignment = new RegExp(
  [
    /[^\S\n]*(?:export[^\S\n]+)?[A-Za-z_]\w*[^\S\n]*=[^\S\n]*/,
    /(?:"[^"]*"|'[^']*'|`[^`]*`|[^\s"'`#](?:[^\n#]*[^\s#])?|)/,
    /(?:[^\S\n]+#[^\n]*|[^\S\n]*)(?:\n|$)/
  ].map(({ source }) => source).join(""),
  "y"
)

/** Node's parser swallows the lines after one that it does not understand, so every line is looked at first. */
const firstMistake = (text: string): number => {
  let offset = 0
  while (offset < text.length) {
    const statement = [blank, assignment].find((pattern) => {
      pattern.lastIndex = offset
      return pattern.test(text)
    })
    if (statement === undefined) return offset
    offset = statement.lastIndex
  }
  return -1
}

export const parse = (file: string): Either.Either<Entries, Malformed> => {
  const text = normalized(file)
  const mistake = firstMistake(text)
  return mistake === -1
    ? Either.right(
      new Map(
        Object.entries(parseEnv(text)).flatMap(([key, value]) =>
          value === undefined || value === "" ? [] : [[key, value] as const]
        )
      )
    )
    : Either.left(
      malformedAt(text, mistake, "KEY=value, with quotes around a value that holds quotes, # or several lines")
    )
}
