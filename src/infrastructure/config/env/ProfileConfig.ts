/**
 * Which profile the configuration belongs to.
 */
import { Context, Effect, Option } from "effect"
import { InvalidSettings, SettingIssue } from "../../../domain/operations/Setting.ts"
import { profiles } from "../constants/Profiles.ts"
import type { Profile } from "../constants/Profiles.ts"
import { oneOf } from "./SettingSchemas.ts"
import type { SettingSpec } from "./SettingSpec.ts"
import * as Slice from "./Slice.ts"

export class ProfileConfig extends Context.Tag("effect-strata/infrastructure/config/env/ProfileConfig")<
  ProfileConfig,
  { readonly profile: Profile }
>() {}

export const profileSetting = {
  key: "STRATA_ENV",
  schema: oneOf(profiles),
  doc: "The profile. Read from the environment and `--set` only. Never derived from `NODE_ENV`.",
  example: "production",
  defaults: { "*": "local" }
} as const satisfies SettingSpec

export const slice: Slice.Slice<ProfileConfig> = Slice.make({
  title: "Profile",
  tag: ProfileConfig,
  settings: { profile: profileSetting },
  make: (_, { profile }) => ({ profile })
})

/** For the Layers of a profile in which `key` is required, when they are built under the configuration of another profile. */
export const required = <A>(key: string, value: Option.Option<A>): Effect.Effect<A, InvalidSettings, ProfileConfig> =>
  Option.match(value, {
    onSome: Effect.succeed,
    onNone: () =>
      Effect.flatMap(ProfileConfig, ({ profile }) =>
        new InvalidSettings({
          profile,
          issues: [
            new SettingIssue({
              key,
              problem: "is required",
              origin: `not set in profile ${profile}`,
              fix: `set ${key}`
            })
          ]
        }))
  })
