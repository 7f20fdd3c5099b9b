/**
 * The declaration of one setting: types, documentation, `.env.example` and `explain` are all derived from it.
 */
import { Option } from "effect"
import type { Schema } from "effect"
import type { Profile } from "../constants/Profiles.ts"

export interface SettingSpec {
  readonly key: string

  /** Decodes text. Its `description` annotation completes "Expected ..."; nothing else of it is ever printed. */
  readonly schema: Schema.Schema.AnyNoContext
  readonly doc: string
  readonly example: string

  /** Never printed, in whatever state; may also come from the file that `<key>_FILE` names. */
  readonly secret?: boolean

  /** A secret that no file may hold, because `<key>_FILE` is a setting of its own. */
  readonly fromFile?: false

  /** Has to be set explicitly in these profiles: defaults do not count there. */
  readonly requiredIn?: ReadonlyArray<Profile>

  /** Settings of one group are set together or not at all; defaults do not count as set. */
  readonly group?: string

  /** As text, like in any other source; `*` is for the profiles that are not named. */
  readonly defaults?: Readonly<Partial<Record<Profile | "*", string>>>
}

/** A setting is always there when it has a default for every profile. */
export type Value<S extends SettingSpec> = S extends { readonly defaults: { readonly "*": string } }
  ? Schema.Schema.Type<S["schema"]>
  : Option.Option<Schema.Schema.Type<S["schema"]>>

export type Values<T extends Record<string, SettingSpec>> = { readonly [K in keyof T]: Value<T[K]> }

/** The default that counts in `profile`. */
export const defaultIn = (spec: SettingSpec, profile: Profile): Option.Option<string> =>
  spec.requiredIn?.includes(profile) === true
    ? Option.none()
    : Option.fromNullable(spec.defaults?.[profile] ?? spec.defaults?.["*"])
