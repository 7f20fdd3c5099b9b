/**
 * Chooses the environment of the configured profile. Nothing of an environment is loaded before it is chosen.
 */
import { Context, Effect, Layer, Option, Ref, Schema } from "effect"
import { BackendFaults, FaultsUnavailable } from "../../backend/faults/Fault.ts"
import type { Fault } from "../../backend/faults/Fault.ts"
import type { DatabaseMaintenance } from "../../domain/operations/DatabaseMaintenance.ts"
import type { Maintenance } from "../../domain/operations/Maintenance.ts"
import { InvalidSettings, SettingIssue } from "../../domain/operations/Setting.ts"
import type { StartFailure } from "../../domain/operations/StartFailure.ts"
import type { Traces } from "../../domain/operations/Traces.ts"
import type { Ports } from "../../domain/Ports.ts"
import type { SecureStore } from "../../domain/storage/SecureStore.ts"
import { externalApis } from "../config/constants/ExternalApis.ts"
import { Profile, profiles } from "../config/constants/Profiles.ts"
import { version } from "../config/constants/Version.ts"
import { AccountConfig } from "../config/env/AccountConfig.ts"
import * as Loading from "../config/env/Configuration.ts"
import * as EnvSettings from "../config/env/EnvSettings.ts"
import * as ProcessSources from "../config/env/ProcessSources.ts"
import * as Runtime from "../telemetry/catalogue/Runtime.ts"
import { stderrLogger } from "../telemetry/logging/Logging.ts"
import * as Span from "../telemetry/Span.ts"
import { adapters } from "./Adapters.ts"
import * as LoadedModule from "./LoadedModule.ts"
import { Overrides } from "./Overrides.ts"

const sources = Effect.map(Overrides, (overrides) => ProcessSources.make({ overrides }))

interface Chosen {
  readonly layer: Layer.Layer<Ports, StartFailure>
  readonly secrets: Layer.Layer<SecureStore | Maintenance, StartFailure>
  readonly databaseMaintenance: Layer.Layer<DatabaseMaintenance, StartFailure>
}

/** A profile without its environment, or an environment without one of the ports, does not compile. */
const load = {
  local: () => import("./Local.ts"),
  development: () => import("./Development.ts"),
  staging: () => import("./Staging.ts"),
  production: () => import("./Production.ts"),
  test: () => import("./Test.ts")
} satisfies Record<Profile, () => Promise<Chosen>>

export { externalApis, version }

/** Runs with settings that go before every other source. */
export const withOverrides =
  (overrides: Readonly<Record<string, string>>) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, Overrides, overrides)

/** The logger of the process from its first line on; telemetry uses the same one, so that no line is written twice. */
export const logger = stderrLogger

/** The configuration alone. */
export const settings = Layer.unwrapEffect(Effect.map(sources, EnvSettings.layer))

const configured = Effect.flatMap(sources, Loading.profile)

const local = LoadedModule.load("the environment local", load.local)

const chosen = (profile: Profile) =>
  LoadedModule.load(`the environment ${profile}`, (): Promise<Chosen> => load[profile]())

/** The embedded backend's fault switch, from when this process has built the environment that embeds it. */
const faults = Ref.unsafeMake(Option.none<typeof BackendFaults.Service>())

/** The environment of the configured profile. */
export const environment: Layer.Layer<Ports, StartFailure> = Layer.unwrapEffect(Effect.gen(function*() {
  const profile = yield* configured
  if (profile !== "local") return (yield* chosen(profile)).layer
  const { backend, main } = yield* local
  return Layer.provide(
    main,
    Layer.tap(backend, (context) => Ref.set(faults, Option.some(Context.get(context, BackendFaults))))
  )
}))

/** The secret store of the configured profile, whether or not its environment can start. */
export const secrets: Layer.Layer<SecureStore | Maintenance, StartFailure> = Layer.unwrapEffect(
  Effect.map(Effect.flatMap(configured, chosen), (module) => module.secrets)
)

/** The care of the configured profile's database, whether or not its environment can start. */
export const databaseMaintenance: Layer.Layer<DatabaseMaintenance, StartFailure> = Layer.unwrapEffect(
  Effect.map(Effect.flatMap(configured, chosen), (module) => module.databaseMaintenance)
)

/** The traces kept on this device, whether or not the environment can start. */
export const traces: Layer.Layer<Traces, StartFailure> = Layer.unwrapEffect(Effect.gen(function*() {
  const { kept } = yield* LoadedModule.load("the trace store", () => import("./Tracing.ts"))
  const { context } = yield* Effect.flatMap(sources, Loading.load)
  return Layer.provide(kept, Layer.succeedContext(context))
}))

/** A further client of the embedded backend, with its own data. */
export const device = (name: string): Layer.Layer<Ports, StartFailure> =>
  Layer.unwrapEffect(Effect.map(local, (module) => Layer.provide(module.device(name), module.sharedBackend)))

const apply = (fault: Fault) =>
  Effect.flatMap(
    Ref.get(faults),
    Option.match({ onNone: () => new FaultsUnavailable(), onSome: (found) => found.apply(fault) })
  )

/** The embedded backend's connections to its clients. Fails where this process cannot switch faults. */
export const network = { cut: apply({ _tag: "Cut" }), restore: apply({ _tag: "Restore" }) }

/** The account to sign in with when nobody is asked. */
export const account = Effect.map(
  Effect.flatMap(sources, Loading.load),
  ({ context }) => Context.get(context, AccountConfig).credentials
)

/** Runs the embedded backend until the scope closes; `Busy` when another process runs it. */
export const backend = (options: { readonly port: number | undefined; readonly faults: boolean }) =>
  Effect.gen(function*() {
    const profile = yield* configured
    if (profile !== "local") {
      return yield* new InvalidSettings({
        profile,
        issues: [
          new SettingIssue({
            key: "STRATA_ENV",
            problem: "names a profile that embeds no backend",
            origin: "configuration",
            fix: "run it with STRATA_ENV=local"
          })
        ]
      })
    }
    const { runBackend } = yield* local
    return yield* runBackend(options)
  })

/** Which adapter serves which port in a profile, the configured one when none is named. */
export const layers = (name: string | undefined) =>
  Effect.gen(function*() {
    const profile = yield* (name === undefined ? configured : Effect.mapError(decodeProfile(name), () =>
      unknownProfile(name)))
    return Object.entries(adapters[profile]).map(([port, adapter]) => ({ port, adapter })).toSorted((a, b) =>
      a.port < b.port ? -1 : 1
    )
  })

const decodeProfile = Schema.decodeUnknown(Profile)

const unknownProfile = (name: string) =>
  new InvalidSettings({
    profile: name.slice(0, 40),
    issues: [
      new SettingIssue({
        key: "--env",
        problem: "names no profile",
        origin: "command line",
        fix: `one of: ${profiles.join(", ")}`
      })
    ]
  })

/** Runs a command in its span. */
export const command = (name: string) => Span.withSpan(Runtime.command, { "strata.command.name": name })
