/**
 * Compares what was recorded with what the catalogue declares.
 */
import * as Catalogue from "./Catalogue.ts"

/** Of a recorded span. */
export interface Audited {
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: ReadonlyArray<{ readonly name: string }>
}

export interface Audit {
  /** Names, `span: attribute` and `span! event` that are not in the catalogue, sorted. */
  readonly unknown: ReadonlyArray<string>

  /** Names of spans in the catalogue that were not recorded. */
  readonly unseen: ReadonlyArray<string>

  /** Recorded names: how many there are says whether an id got into one. */
  readonly names: ReadonlyArray<string>
}

export const audit = (rows: Iterable<Audited>): Audit => {
  const unknown = new Set<string>()
  const seen = new Set<string>()
  const names = new Set<string>()
  for (const { attributes, events, name } of rows) {
    names.add(name)
    const candidates = Catalogue.rowsFor(name)
    if (candidates.length === 0) unknown.add(name)
    for (const row of candidates) seen.add(row.name)
    for (const key of Object.keys(attributes)) {
      if (key in Catalogue.commonAttributes || candidates.some((row) => key in row.attributes)) continue
      unknown.add(`${name}: ${key}`)
    }
    for (const event of events) {
      if (event.name in Catalogue.commonEvents || candidates.some((row) => event.name in row.events)) continue
      unknown.add(`${name}! ${event.name}`)
    }
  }
  return {
    unknown: [...unknown].toSorted(),
    unseen: Catalogue.spans.map((row) => row.name).filter((name) => !seen.has(name)),
    names: [...names].toSorted()
  }
}
