/**
 * The settings files of a profile, highest precedence first.
 */
import { Effect, Either, Option } from "effect"
import type { SettingIssue } from "../../../domain/operations/Setting.ts"
import type { Profile } from "../constants/Profiles.ts"
import * as EnvFile from "./EnvFile.ts"
import * as JsonFile from "./JsonFile.ts"
import type { Entries } from "./Malformed.ts"
import type { Sources } from "./Sources.ts"
import * as Wording from "./Wording.ts"

export interface SettingsFile {
  readonly origin: string
  readonly entries: Entries
  readonly issue: Option.Option<SettingIssue>
}

/** Where deployments get their settings from the environment alone, a forgotten `.env` file must not count. */
const withEnvFiles: ReadonlySet<Profile> = new Set(["local", "development", "test"])

const filesOf = (profile: Profile) => [
  ...(withEnvFiles.has(profile)
    ? [
      { path: `.env.${profile}.local`, parse: EnvFile.parse },
      { path: `.env.${profile}`, parse: EnvFile.parse }
    ]
    : []),
  { path: `config/${profile}.json`, parse: JsonFile.parse }
]

const nothing: Entries = new Map()

/** A file that is absent has no entries; one that cannot be used has an issue. */
export const read = (sources: Sources, profile: Profile): Effect.Effect<ReadonlyArray<SettingsFile>> =>
  Effect.forEach(filesOf(profile), ({ parse, path }) =>
    Effect.match(sources.read(path), {
      onFailure: () => unusable(path, "cannot be read"),
      onSuccess: Option.match({
        onNone: () => ({ origin: path, entries: nothing, issue: Option.none() }),
        onSome: (text) =>
          Either.match(parse(text), {
            onLeft: ({ column, expected, line }) =>
              unusable(path, `is malformed at line ${line}, column ${column}: expected ${expected}`),
            onRight: (entries) => ({ origin: path, entries, issue: Option.none() })
          })
      })
    }))

const unusable = (path: string, reason: string): SettingsFile => ({
  origin: path,
  entries: nothing,
  issue: Option.some(Wording.fileUnusable(path, reason))
})
