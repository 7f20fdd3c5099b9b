/**
 * Names that are set where they mean nothing or do not belong. Unknown ones are mistakes where the source is ours, and
 * warnings in the environment, which is shared.
 */
import { Option } from "effect"
import type { SettingIssue } from "../../../domain/operations/Setting.ts"
import { fileKey } from "./Merge.ts"
import type { Given } from "./Merge.ts"
import { nearest } from "./Nearest.ts"
import { profileSetting } from "./ProfileConfig.ts"
import type { SettingSpec } from "./SettingSpec.ts"
import * as Wording from "./Wording.ts"

/** A name that is set and not known, with the known name it is nearest to. */
export interface Stranger {
  readonly key: string
  readonly origin: string
  readonly meant: Option.Option<string>
}

/** Other programs' names may stand in the environment and in `.env` files. */
const isOurs = (key: string, origin: string) =>
  key.startsWith("STRATA_") || (origin.endsWith(".json") && key !== "$schema") || origin === "--set"

export const strangers = (
  specs: ReadonlyArray<SettingSpec>,
  given: ReadonlyArray<Given>
): ReadonlyArray<Stranger> => {
  const names = specs.flatMap((spec) => [spec.key, ...Option.toArray(fileKey(spec))])
  const known = new Set(names)
  return given.flatMap(({ entries, origin }) =>
    Array.from(entries.keys())
      .filter((key) => !known.has(key) && isOurs(key, origin))
      .map((key) => ({ key, origin, meant: nearest(key.slice(0, 80), names) }))
  )
}

export const issuesOf = (found: ReadonlyArray<Stranger>) => {
  const issues: Array<SettingIssue> = []
  const warnings: Array<SettingIssue> = []
  for (const { key, meant, origin } of found) {
    const side = origin === "environment" ? warnings : issues
    side.push(Wording.unknown(key, origin, meant))
  }
  return { issues, warnings }
}

/** The profile decides which files are read, so a file cannot decide the profile. */
export const misplaced = (given: ReadonlyArray<Given>): ReadonlyArray<SettingIssue> =>
  given
    .filter(({ entries, origin }) => origin !== "--set" && origin !== "environment" && entries.has(profileSetting.key))
    .map(({ origin }) => Wording.misplaced(profileSetting.key, origin))

/** Other processes can read a command line, so no secret belongs there. */
export const exposed = (
  specs: ReadonlyArray<SettingSpec>,
  given: ReadonlyArray<Given>
): ReadonlyArray<SettingIssue> =>
  given.filter(({ origin }) => origin === "--set").flatMap(({ entries, origin }) =>
    specs.filter(({ key, secret }) => secret === true && entries.has(key)).map(({ key }) =>
      Wording.exposed(key, origin)
    )
  )
