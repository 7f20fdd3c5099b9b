/**
 * `config/<profile>.json`: one flat JSON object (RFC 8259) of text, numbers and booleans. Read by hand because the
 * messages of `JSON.parse` quote the file.
 */
import { Either } from "effect"
import { malformedAt, normalized } from "./Malformed.ts"
import type { Entries, Malformed } from "./Malformed.ts"

const space = /[ \t\r\n]*/y
const string = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/uy
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** A setting that is `null` is unset. */
export const parse = (file: string): Either.Either<Entries, Malformed> => {
  const text = normalized(file)
  const entries = new Map<string, string>()
  const seen = new Set<string>()
  let offset = 0

  const take = (pattern: RegExp): string | undefined => {
    space.lastIndex = offset
    space.test(text)
    offset = space.lastIndex
    pattern.lastIndex = offset
    const found = pattern.exec(text)?.[0]
    offset += found?.length ?? 0
    return found
  }
  const stop = (expected: string) => Either.left(malformedAt(text, offset, expected))

  if (take(/\{/y) === undefined) return stop("one JSON object")
  let closed = take(/\}/y) !== undefined
  while (!closed) {
    const quoted = take(string)
    if (quoted === undefined) return stop("the name of a setting in double quotes")
    const key = unquote(quoted)
    if (seen.has(key)) return stop("every setting only once")
    seen.add(key)
    if (take(/:/y) === undefined) return stop("a colon")
    const value = take(string)
    const literal = value === undefined ? take(scalar) : undefined
    if (value === undefined && literal === undefined) return stop("text, a number, true, false or null")
    const plain = value === undefined ? literal : unquote(value)
    if (plain !== undefined && plain !== "" && literal !== "null") entries.set(key, plain)
    closed = take(/\}/y) !== undefined
    if (!closed && take(/,/y) === undefined) return stop("a comma or a closing brace")
  }
  take(/$/y)
  return offset === text.length ? Either.right(entries) : stop("nothing after the object")
}

/** `quoted` has been matched, so this cannot fail. */
const unquote = (quoted: string) => String(JSON.parse(quoted))
