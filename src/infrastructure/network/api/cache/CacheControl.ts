/**
 * `Cache-Control` (RFC 9111, section 5.2), read strictly: names in any case, commas inside quotes are text, the first of
 * several counts.
 */

/** Arguments by directive; empty where there is none. */
export type Directives = ReadonlyMap<string, string>

const none: Directives = new Map()

const directive = /(?:^|,)\s*([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",]*)))?(?=\s*(?:,|$))/g

/** Answers of one backend say the same again and again. */
let last: { readonly header: string; readonly directives: Directives } | undefined

export const parse = (header: string | undefined): Directives => {
  if (header === undefined) return none
  if (header === last?.header) return last.directives
  const found = new Map<string, string>()
  for (const [, name = "", quoted, plain = ""] of header.matchAll(directive)) {
    const known = name.toLowerCase()
    if (!found.has(known)) found.set(known, quoted ?? plain.trim())
  }
  last = { header, directives: found }
  return found
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
