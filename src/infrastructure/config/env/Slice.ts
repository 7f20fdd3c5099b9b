/**
 * What one module is configured with: its settings, and the service it reads them from.
 */
import { Context, Option } from "effect"
import type { Profile } from "../constants/Profiles.ts"
import type { SettingSpec, Values } from "./SettingSpec.ts"

/** What a slice may depend on besides its settings. */
export interface Surroundings {
  readonly profile: Profile
  readonly platform: string

  /** The person's home folder. */
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface Slice<Id> {
  /** The heading its settings stand under in the documentation. */
  readonly title: string
  readonly settings: ReadonlyArray<SettingSpec>

  /** `decoded` holds every setting that has a value, by key. */
  readonly context: (decoded: ReadonlyMap<string, unknown>, surroundings: Surroundings) => Context.Context<Id>
}

export const make = <Id, Service, const T extends Record<string, SettingSpec>>(options: {
  readonly title: string
  readonly tag: Context.Tag<Id, Service>
  readonly settings: T
  readonly make: (values: Values<T>, surroundings: Surroundings) => Service
}): Slice<Id> => ({
  title: options.title,
  settings: Object.values(options.settings),
  context: (decoded, surroundings) => {
    const values = Object.entries(options.settings).map(([name, spec]): [string, unknown] => [
      name,
      always(spec)
        ? decoded.get(spec.key)
        : decoded.has(spec.key)
        ? Option.some(decoded.get(spec.key))
        : Option.none()
    ])
    return Context.make(options.tag, options.make(Object.fromEntries(values) as Values<T>, surroundings))
  }
})

const always = (spec: SettingSpec) => spec.defaults?.["*"] !== undefined
