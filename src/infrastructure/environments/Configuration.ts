/**
 * The configuration of an environment, and the span that tells how it was loaded.
 */
import { Clock, Context, Effect, Exit, Layer } from "effect"
import type { InvalidSettings } from "../../domain/operations/Setting.ts"
import { Settings } from "../../domain/operations/Settings.ts"
import type { Profile } from "../config/constants/Profiles.ts"
import * as Loading from "../config/env/Configuration.ts"
import * as EnvSettings from "../config/env/EnvSettings.ts"
import * as ProcessSources from "../config/env/ProcessSources.ts"
import type { Slices } from "../config/env/Slices.ts"
import type { Sources } from "../config/env/Sources.ts"
import * as Catalogue from "../telemetry/catalogue/Config.ts"
import type { Attributes } from "../telemetry/Span.ts"
import { Overrides } from "./Overrides.ts"

/** How the configuration was loaded, kept until there is a tracer to tell. Times are nanoseconds since the epoch. */
export class ConfigurationLoad
  extends Context.Tag("effect-strata/infrastructure/environments/Configuration/ConfigurationLoad")<
    ConfigurationLoad,
    { readonly start: bigint; readonly end: bigint; readonly attributes: Attributes<typeof Catalogue.load> }
  >()
{}

/** Every slice, the `Settings` port, and how they came about. Nothing is read before the Layer is built. */
export const layer = (
  from: (overrides: Readonly<Record<string, string>>) => Sources
): Layer.Layer<Slices | Settings | ConfigurationLoad, InvalidSettings> =>
  Layer.effectContext(Effect.gen(function*() {
    const sources = from(yield* Overrides)
    const start = yield* Clock.currentTimeNanos
    const loaded = yield* Loading.load(sources)
    return loaded.context.pipe(
      Context.add(Settings, EnvSettings.make(sources)),
      Context.add(ConfigurationLoad, {
        start,
        end: yield* Clock.currentTimeNanos,
        attributes: {
          "strata.config.profile": loaded.profile,
          "strata.config.sources": loaded.sources.join(", "),
          "strata.config.keys": loaded.settings.filter(({ value }) => value !== undefined).length,
          "strata.config.issues": loaded.warnings.length
        }
      })
    )
  }))

/** What the process is configured with, read as `profile`. */
export const sources = (profile: Profile) => (overrides: Readonly<Record<string, string>>): Sources =>
  ProcessSources.make({ overrides: { ...overrides, STRATA_ENV: profile } })

/** Records `config.load` as it was; the tracer is built from the configuration, so it comes too late to watch. */
export const recorded = Layer.effectDiscard(Effect.gen(function*() {
  const { attributes, end, start } = yield* ConfigurationLoad
  const tracer = yield* Effect.tracer
  const parent = yield* Effect.option(Effect.currentParentSpan)
  const span = tracer.span(Catalogue.load.name, parent, Context.empty(), [], start, Catalogue.load.kind)
  for (const [key, value] of Object.entries(attributes)) span.attribute(key, value)
  span.end(end, Exit.void)
}))
