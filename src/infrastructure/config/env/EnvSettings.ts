/**
 * `Settings` over sources. Every call reads them anew.
 */
import { Effect, Layer, Option } from "effect"
import { Settings, UnknownSetting } from "../../../domain/operations/Settings.ts"
import * as Configuration from "./Configuration.ts"
import { nearest } from "./Nearest.ts"
import { docs, example } from "./SettingsPages.ts"
import { settings } from "./Slices.ts"
import type { Sources } from "./Sources.ts"
import * as Wording from "./Wording.ts"

export const make = (sources: Sources): typeof Settings.Service => {
  const explain = Effect.map(Configuration.inspect(sources), (inspection) => inspection.settings)
  return {
    profile: Configuration.profile(sources),
    check: Effect.map(Configuration.load(sources), ({ warnings }) => warnings),
    explain,
    explainOne: (key) =>
      settings.some((spec) => spec.key === key)
        ? Effect.flatMap(explain, (all) => Effect.fromNullable(all.find((setting) => setting.key === key))).pipe(
          Effect.catchTag("NoSuchElementException", Effect.die)
        )
        : new UnknownSetting({
          key: Wording.shown(key),
          ...Option.match(nearest(key.slice(0, 80).toUpperCase(), settings.map((spec) => spec.key)), {
            onNone: () => ({}),
            onSome: (suggestion) => ({ suggestion })
          })
        }),
    example: Effect.succeed(example),
    docs: Effect.succeed(docs)
  }
}

export const layer = (sources: Sources): Layer.Layer<Settings> => Layer.succeed(Settings, make(sources))
