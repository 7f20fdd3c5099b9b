/**
 * The environment of tests: the real client and the real backend in one process, SQLite in memory, no network and no
 * files. Clock and randomness are the runner's.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Layer, Option, Redacted } from "effect"
import { demoAccount } from "../config/constants/DemoAccount.ts"
import * as MemorySources from "../config/env/MemorySources.ts"
import { ApiOrigin } from "../network/api/ApiOrigin.ts"
import type { MemoryServer } from "../network/api/transport/MemoryServer.ts"
import * as MemoryTransport from "../network/api/transport/MemoryTransport.ts"
import * as MemorySocket from "../network/websocket/MemorySocket.ts"
import * as MemoryBiometrics from "../security/biometric/MemoryBiometrics.ts"
import * as MemoryPasswordHashing from "../security/encryption/MemoryPasswordHashing.ts"
import * as MemoryAnalytics from "../services/analytics/MemoryAnalytics.ts"
import * as MemoryCache from "../storage/cache/MemoryCache.ts"
import * as MemoryDatabaseMaintenance from "../storage/local/MemoryDatabaseMaintenance.ts"
import * as MemoryProcessLock from "../storage/local/MemoryProcessLock.ts"
import * as SqliteLocalDatabase from "../storage/local/SqliteLocalDatabase.ts"
import * as MemoryMaintenance from "../storage/secure/MemoryMaintenance.ts"
import * as MemorySecureStore from "../storage/secure/MemorySecureStore.ts"
import { client } from "./Client.ts"
import * as Configuration from "./Configuration.ts"
import { liveTables, migrations } from "./Database.ts"
import * as Doctor from "./Doctor.ts"
import { compose, composeDatabaseMaintenance, composeSecrets } from "./Environment.ts"
import type { Parts } from "./Environment.ts"
import * as MemoryBackend from "./MemoryBackend.ts"
import * as OutsideTransactions from "./OutsideTransactions.ts"
import * as Tracing from "./Tracing.ts"

export { compose }

/** Replace one and `compose` again to swap an adapter; what remains is to provide `backend`. */
export const parts = {
  ...client,
  configuration: Configuration.layer(() => MemorySources.make({ environment: { STRATA_ENV: "test" } })),
  files: Layer.merge(FileSystem.layerNoop({}), Path.layer),
  telemetry: Tracing.memory,
  processLock: MemoryProcessLock.layer,
  secureStore: Layer.provideMerge(MemoryMaintenance.layer, MemorySecureStore.layer),
  passwordHashing: MemoryPasswordHashing.layer,
  biometrics: MemoryBiometrics.layer(),
  database: SqliteLocalDatabase.layer({ filename: ":memory:", migrations, live: liveTables }),
  databaseMaintenance: MemoryDatabaseMaintenance.layer({ knownVersion: migrations.length }),
  cache: MemoryCache.layer,
  origin: Layer.succeed(ApiOrigin, { url: "http://backend.test" }),
  transport: OutsideTransactions.transport(MemoryTransport.layer),
  socket: OutsideTransactions.socket(MemorySocket.layer),
  analytics: MemoryAnalytics.layer,
  diagnostics: Doctor.inMemory
} satisfies Parts<MemoryServer>

/** The backend; the fault switch is `BackendFaults`. */
export const backend = MemoryBackend.layer

/** One client of `backend`. */
export const main = compose<MemoryServer>(parts)

/** A further client of the same backend with its own state. It records into the telemetry around it. */
export const device = (_name: string) => compose<MemoryServer>({ ...parts, telemetry: Tracing.unrecorded })

export const layer = Layer.provide(main, backend)

export const secrets = composeSecrets<never>(parts)

export const databaseMaintenance = composeDatabaseMaintenance<never>(parts)

/** The account the backend starts with. */
export const account = Effect.succeed(
  Option.some({ username: demoAccount.username, password: Redacted.make(demoAccount.password) })
)
