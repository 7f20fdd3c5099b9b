/**
 * `Link` of an answer (RFC 8288): where it leads, by relation.
 */

export interface Link {
  readonly target: string
  /** In lower case; a link may have several. */
  readonly relations: ReadonlyArray<string>
}

/** Longer headers are not read. */
const maxLength = 8192

const target = /[\s,]*<([^<>]*)>/y
const parameter = /\s*;\s*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y
const end = /[\s,]*$/y

const match = (pattern: RegExp, text: string, at: number) => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** Links about something other than the answer (`anchor`) are left out. `undefined`: this is no list of links. */
export const parse = (header: string): ReadonlyArray<Link> | undefined => {
  if (header.length > maxLength) return undefined
  const links: Array<Link> = []
  let at = 0
  while (match(end, header, at) === null) {
    const found = match(target, header, at)
    if (found === null) return undefined
    at += found[0].length
    let relations: ReadonlyArray<string> | undefined
    let isElsewhere = false
    for (let next = match(parameter, header, at); next !== null; next = match(parameter, header, at)) {
      at += next[0].length
      const name = next[1]?.toLowerCase()
      const value = next[2]?.replaceAll(/\\(.)/g, "$1") ?? next[3] ?? ""
      // Of several `rel` the first counts (section 3.3).
      if (name === "rel") relations ??= value.toLowerCase().split(/\s+/).filter((each) => each !== "")
      if (name === "anchor") isElsewhere = true
    }
    if (match(/\s*(?:,|$)/y, header, at) === null) return undefined
    if (!isElsewhere) links.push({ target: found[1]?.trim() ?? "", relations: relations ?? [] })
  }
  return links
}
