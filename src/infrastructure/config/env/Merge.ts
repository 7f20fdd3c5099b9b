/**
 * One flat record out of all sources, with the origin of every value and of every value that lost.
 */
import { Option } from "effect"
import type { Profile } from "../constants/Profiles.ts"
import type { Entries } from "./Malformed.ts"
import type { SettingsFile } from "./SettingsFiles.ts"
import { defaultIn } from "./SettingSpec.ts"
import type { SettingSpec } from "./SettingSpec.ts"
import type { Sources } from "./Sources.ts"

/** A value as it was found: text, or the path of a file that holds it. */
export interface Candidate {
  readonly origin: string
  readonly explicit: boolean
  readonly value: { readonly text: string } | { readonly file: string }
}

export interface Merged {
  readonly spec: SettingSpec

  /** Highest precedence first. */
  readonly candidates: ReadonlyArray<Candidate>

  /** The names of the sources that were asked, the overrides aside. */
  readonly consulted: ReadonlyArray<string>
}

/** A source of given values. */
export interface Given {
  readonly origin: string
  readonly entries: Entries
}

/** The sources that hold values, highest precedence first. Empty text counts as unset. */
export const givenBy = (sources: Sources, files: ReadonlyArray<SettingsFile>): ReadonlyArray<Given> => [
  { origin: "--set", entries: entriesOf(sources.overrides) },
  { origin: "environment", entries: entriesOf(sources.environment) },
  ...files
]

const entriesOf = (record: Readonly<Record<string, string | undefined>>): Entries =>
  new Map(
    Object.entries(record).flatMap(([key, text]) => (text === undefined || text === "" ? [] : [[key, text] as const]))
  )

/** The setting that names a file which holds `spec`'s value. */
export const fileKey = (spec: SettingSpec): Option.Option<string> =>
  spec.secret === true && spec.fromFile !== false ? Option.some(`${spec.key}_FILE`) : Option.none()

export const merge = (spec: SettingSpec, given: ReadonlyArray<Given>, profile: Profile): Merged => {
  const direct = (source: Given): ReadonlyArray<Candidate> => {
    const text = source.entries.get(spec.key)
    return text === undefined ? [] : [{ origin: source.origin, explicit: true, value: { text } }]
  }
  const named = (source: Given): ReadonlyArray<Candidate> =>
    Option.toArray(fileKey(spec)).flatMap((key) => {
      const file = source.entries.get(key)
      return file === undefined ? [] : [{ origin: `${key} (${source.origin})`, explicit: true, value: { file } }]
    })
  const [process, files] = [given.slice(0, 2), given.slice(2)]
  const inCode = Option.map(defaultIn(spec, profile), (text): Candidate => ({
    origin: spec.defaults?.[profile] === undefined ? "default" : `default of ${profile}`,
    explicit: false,
    value: { text }
  }))
  return {
    spec,
    candidates: [
      ...process.flatMap(direct),
      ...process.flatMap(named),
      ...files.flatMap((source) => [...direct(source), ...named(source)]),
      ...Option.toArray(inCode)
    ],
    consulted: ["environment", ...Option.toArray(fileKey(spec)), ...files.map(({ origin }) => origin)]
  }
}
