/**
 * What the command needs from the place that chooses the environment. Nothing here is built before it is used.
 */
import { Context } from "effect"
import type { Effect, Layer, Option, Scope } from "effect"
import type { LoginRequest } from "../domain/auth/LoginRequest.ts"
import type { DatabaseMaintenance } from "../domain/operations/DatabaseMaintenance.ts"
import type { Maintenance } from "../domain/operations/Maintenance.ts"
import type { InvalidSettings } from "../domain/operations/Setting.ts"
import type { Settings } from "../domain/operations/Settings.ts"
import type { StartFailure } from "../domain/operations/StartFailure.ts"
import type { Traces } from "../domain/operations/Traces.ts"
import type { Ports } from "../domain/Ports.ts"
import type { SecureStore } from "../domain/storage/SecureStore.ts"
import type { CommandFailed } from "./CommandFailed.ts"

/** Which adapter serves a port. */
export interface Adapter {
  readonly port: string
  readonly adapter: string
}

/** A protocol or interface of others, in the version this application speaks. */
export interface ExternalApi {
  readonly name: string
  readonly version: string
  readonly specification: string
}

/** A backend this process runs. */
export interface RunningBackend {
  readonly url: string
}

export class Application extends Context.Tag("effect-strata/cli/Application")<
  Application,
  {
    readonly version: string

    /** The configuration alone. */
    readonly settings: Layer.Layer<Settings>

    /** The configured account, if there is one: who `login` signs in as when nobody is named. */
    readonly account: Effect.Effect<Option.Option<LoginRequest>, InvalidSettings>

    /** The traces kept on this device, whether or not the environment can start. */
    readonly traces: Layer.Layer<Traces, StartFailure>

    /** The secret store of the configured profile, whether or not its environment can start. */
    readonly secrets: Layer.Layer<SecureStore | Maintenance, StartFailure>

    /** The care of the configured profile's database, whether or not its environment can start. */
    readonly databaseMaintenance: Layer.Layer<DatabaseMaintenance, StartFailure>

    /** The environment of the configured profile. */
    readonly environment: Layer.Layer<Ports, StartFailure>

    /** A further client of the same backend with its own state, for profiles that embed the backend. */
    readonly device: (name: string) => Layer.Layer<Ports, StartFailure>

    /** Runs a command in its span. */
    readonly command: (name: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

    readonly layers: (profile: string | undefined) => Effect.Effect<ReadonlyArray<Adapter>, InvalidSettings>
    readonly externalApis: ReadonlyArray<ExternalApi>

    /** Runs the embedded backend alone, until the scope closes; `Busy` when another process runs it. */
    readonly backend: (options: {
      readonly port: number | undefined
      readonly faults: boolean
    }) => Effect.Effect<RunningBackend, StartFailure, Scope.Scope>

    /** The embedded backend's connections to its clients. Fails where this process does not run that backend. */
    readonly network: {
      readonly cut: Effect.Effect<void, CommandFailed>
      readonly restore: Effect.Effect<void, CommandFailed>
    }
  }
>() {}
