/**
 * What every environment is: one adapter per port, put together in the order in which they need each other.
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import type { HttpClient } from "@effect/platform/HttpClient"
import type { Path } from "@effect/platform/Path"
import { Context, Layer } from "effect"
import type { Analytics } from "../../domain/analytics/Analytics.ts"
import type { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import type { Connectivity } from "../../domain/network/Connectivity.ts"
import type { Realtime } from "../../domain/network/Realtime.ts"
import type { NoteRepository } from "../../domain/notes/NoteRepository.ts"
import { DatabaseMaintenance } from "../../domain/operations/DatabaseMaintenance.ts"
import type { Diagnostics } from "../../domain/operations/Diagnostics.ts"
import { Maintenance } from "../../domain/operations/Maintenance.ts"
import type { Settings } from "../../domain/operations/Settings.ts"
import type { StartFailure } from "../../domain/operations/StartFailure.ts"
import type { Traces } from "../../domain/operations/Traces.ts"
import { ports } from "../../domain/Ports.ts"
import type { Ports } from "../../domain/Ports.ts"
import type { PushNotifications } from "../../domain/push/PushNotifications.ts"
import type { Biometrics } from "../../domain/security/Biometrics.ts"
import type { Crypto } from "../../domain/security/Crypto.ts"
import type { PasswordHashing } from "../../domain/security/PasswordHashing.ts"
import type { Cache } from "../../domain/storage/Cache.ts"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import type { UserRepository } from "../../domain/user/UserRepository.ts"
import type { Slices } from "../config/env/Slices.ts"
import type { AccessTokens } from "../network/api/AccessTokens.ts"
import type { ApiClient } from "../network/api/ApiClient.ts"
import type { ApiOrigin } from "../network/api/ApiOrigin.ts"
import type { ApiPolicy } from "../network/api/ApiPolicy.ts"
import type { OriginStates } from "../network/api/origin/OriginState.ts"
import type { PlainApiClient } from "../network/api/PlainApiClient.ts"
import type { Reachability } from "../network/api/Reachability.ts"
import type { Transport } from "../network/api/transport/Transport.ts"
import type { VersionNotices } from "../network/api/version/VersionNotices.ts"
import type { RealtimeSocket } from "../network/websocket/RealtimeSocket.ts"
import type { LocalDatabase } from "../storage/local/LocalDatabase.ts"
import type { ProcessLock } from "../storage/local/ProcessLock.ts"
import * as Configuration from "./Configuration.ts"

/** What every part may use. */
type Base = FileSystem | Path | Slices | Settings
type Stores = Base | ProcessLock | SecureStore | Maintenance | Crypto | LocalDatabase | DatabaseMaintenance | Cache
type Network =
  | Stores
  | ApiOrigin
  | ApiPolicy
  | OriginStates
  | VersionNotices
  | Transport
  | HttpClient
  | RealtimeSocket
  | Connectivity
  | Reachability
type Signed = Network | PlainApiClient | AuthRepository | AccessTokens
type Services = Signed | ApiClient
type Everything = Services | Traces | Realtime | PushNotifications

type Part<Provides, Needs, R> = Layer.Layer<Provides, StartFailure, Needs | R>

/** The parts, in order: each may use what stands above it. `R` is what the whole still needs. */
export interface Parts<R = never> {
  readonly configuration: Layer.Layer<Slices | Settings | Configuration.ConfigurationLoad, StartFailure>
  readonly files: Layer.Layer<FileSystem | Path>
  readonly telemetry: Part<Traces, Base, R>

  readonly processLock: Part<ProcessLock, Base, R>
  readonly secureStore: Part<SecureStore | Maintenance, Base | ProcessLock, R>
  readonly crypto: Part<Crypto, Base | ProcessLock | SecureStore, R>
  readonly passwordHashing: Part<PasswordHashing, Base, R>
  readonly biometrics: Part<Biometrics, Base, R>
  readonly database: Part<LocalDatabase, Base | ProcessLock, R>
  readonly databaseMaintenance: Part<DatabaseMaintenance, Base | ProcessLock, R>
  readonly cache: Part<Cache, Base | ProcessLock | Crypto, R>

  readonly origin: Part<ApiOrigin, Base, R>
  readonly apiPolicy: Part<ApiPolicy | OriginStates | VersionNotices, Base, R>
  readonly transport: Part<Transport | HttpClient, Base, R>
  readonly socket: Part<RealtimeSocket, Base, R>
  readonly connectivity: Part<Connectivity | Reachability, Stores | ApiOrigin | HttpClient, R>

  readonly plainApi: Part<PlainApiClient, Network, R>
  readonly auth: Part<AuthRepository | AccessTokens, Network | PlainApiClient, R>
  readonly api: Part<ApiClient, Signed, R>

  readonly users: Part<UserRepository, Services, R>
  readonly notes: Part<NoteRepository, Services, R>
  readonly realtime: Part<Realtime, Services, R>
  readonly push: Part<PushNotifications, Services, R>
  readonly analytics: Part<Analytics, Services, R>
  readonly diagnostics: Part<Diagnostics, Everything, R>
}

type FoundationParts<R> = Pick<Parts<R>, "configuration" | "files" | "telemetry" | "processLock">

type SecretParts<R> = FoundationParts<R> & Pick<Parts<R>, "secureStore">

const foundationOf = <R>(parts: FoundationParts<R>) =>
  parts.processLock.pipe(
    Layer.provideMerge(Layer.provideMerge(Configuration.recorded, parts.telemetry)),
    Layer.provideMerge(Layer.merge(parts.configuration, parts.files))
  )

const secretsOver = <R>(parts: SecretParts<R>) => Layer.provideMerge(parts.secureStore, foundationOf(parts))

/** The secret store alone, which can be looked after when the rest of the environment cannot start. */
export const composeSecrets = <R = never>(
  parts: SecretParts<R>
): Layer.Layer<SecureStore | Maintenance, StartFailure, R> =>
  Layer.map(secretsOver(parts), Context.pick(SecureStore, Maintenance))

/** The care of the database alone, which works when the database cannot be opened. */
export const composeDatabaseMaintenance = <R = never>(
  parts: FoundationParts<R> & Pick<Parts<R>, "databaseMaintenance">
): Layer.Layer<DatabaseMaintenance, StartFailure, R> =>
  Layer.map(
    Layer.provideMerge(parts.databaseMaintenance, foundationOf(parts)),
    Context.pick(DatabaseMaintenance)
  )

/** One Layer of all ports. Closing it closes the parts in the opposite order, telemetry last. */
export const compose = <R = never>(parts: Parts<R>): Layer.Layer<Ports, StartFailure, R> => {
  const secrets = Layer.provideMerge(parts.crypto, secretsOver(parts))
  const stores = Layer.mergeAll(
    parts.database,
    parts.databaseMaintenance,
    parts.cache,
    parts.passwordHashing,
    parts.biometrics
  ).pipe(Layer.provideMerge(secrets))
  const network = parts.connectivity.pipe(
    Layer.provideMerge(Layer.mergeAll(parts.origin, parts.apiPolicy, parts.transport, parts.socket)),
    Layer.provideMerge(stores)
  )
  const services = parts.api.pipe(
    Layer.provideMerge(parts.auth),
    Layer.provideMerge(parts.plainApi),
    Layer.provideMerge(network)
  )
  const features = Layer.mergeAll(parts.users, parts.notes, parts.realtime, parts.push, parts.analytics).pipe(
    Layer.provideMerge(services)
  )
  // What the parts use among themselves (files, HTTP, the database) must not replace what the application has.
  return Layer.map(Layer.provideMerge(parts.diagnostics, features), Context.pick(...ports))
}
