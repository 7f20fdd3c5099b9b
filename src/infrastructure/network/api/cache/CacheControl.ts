/**
 * `Cache-Control` (RFC 9111, section 5.2), read strictly: names in any case, commas inside quotes are text, the first of
 * several counts.
 */

/** Arguments by directive; empty where there is none. */
export type Directives = ReadonlyMap<string, string>

const none: Directives = new Map()

/** Nothing in these can match the same text in two ways: a server chooses how long it is. */
const beginning = /\s*([^\s,="]+)\s*(=?)\s*/y
const quotedRest = /([^"\\]*(?:\\.[^"\\]*)*)"\s*/y
const plainRest = /[^",]*/y

const matchAt = (pattern: RegExp, text: string, at: number) => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** Answers of one backend say the same again and again. */
let last: { readonly header: string; readonly directives: Directives } | undefined

const read = (header: string): Directives => {
  const found = new Map<string, string>()
  // The last quoted text: one that would begin inside it, at an escaped quote, ends where it does.
  let closesAt = -1
  let quoteEnd = -1
  const quoted = (at: number) => {
    if (at >= closesAt) {
      const rest = matchAt(quotedRest, header, at + 1)
      closesAt = rest === null ? Infinity : at + 1 + (rest[1] ?? "").length
      quoteEnd = rest === null ? Infinity : quotedRest.lastIndex
    }
    return { argument: header.slice(at + 1, closesAt), end: quoteEnd }
  }
  const plain = (at: number) => {
    const argument = matchAt(plainRest, header, at)?.[0] ?? ""
    return { argument: argument.trim(), end: at + argument.length }
  }
  let at = 0
  do {
    const begun = matchAt(beginning, header, at)
    const from = beginning.lastIndex
    const isQuoted = header[from] === "\""
    const { argument, end } = begun?.[2] !== "=" ? { argument: "", end: from } : isQuoted ? quoted(from) : plain(from)
    const isRead = begun !== null && (end === header.length || header[end] === ",")
    const name = begun?.[1]?.toLowerCase()
    if (isRead && name !== undefined && !found.has(name)) found.set(name, argument)
    at = header.indexOf(",", isRead ? end : at) + 1
  } while (at > 0)
  return found
}

export const parse = (header: string | undefined): Directives => {
  if (header === undefined) return none
  if (header !== last?.header) last = { header, directives: read(header) }
  return last.directives
}

/** The largest number of seconds there is (RFC 9111, section 1.2.2). */
export const maxSeconds = 2 ** 31

/** A whole number of seconds; `undefined` when there is none, or something else. */
export const seconds = (directives: Directives, name: string): number | undefined => {
  const argument = directives.get(name)
  return argument !== undefined && /^\d+$/.test(argument) ? Math.min(Number(argument), maxSeconds) : undefined
}

/** The field names that a directive such as `no-cache="a, b"` is about. */
export const fields = (directives: Directives, name: string): ReadonlyArray<string> =>
  (directives.get(name) ?? "").toLowerCase().split(",").map((field) => field.trim()).filter((field) => field !== "")

/** Writes what `parse` read. */
export const format = (directives: Iterable<readonly [string, string]>): string =>
  Array.from(directives, ([name, argument]) => argument === "" ? name : `${name}=${argument}`).join(", ")
