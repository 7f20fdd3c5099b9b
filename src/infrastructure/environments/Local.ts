/**
 * The environment of one machine: the embedded backend on loopback, everything in the data folder.
 */
import { Context, Effect, Layer } from "effect"
import { join } from "node:path"
import { BackendAddress } from "../../backend/BackendAddress.ts"
import { Busy } from "../../domain/storage/StorageFailure.ts"
import { AccountConfig } from "../config/env/AccountConfig.ts"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import { ApiOrigin } from "../network/api/ApiOrigin.ts"
import { client } from "./Client.ts"
import * as Configuration from "./Configuration.ts"
import { device as thisDevice } from "./Device.ts"
import * as Doctor from "./Doctor.ts"
import * as EmbeddedAnalytics from "./EmbeddedAnalytics.ts"
import * as EmbeddedBackend from "./EmbeddedBackend.ts"
import { compose, composeDatabaseMaintenance, composeSecrets } from "./Environment.ts"
import type { Parts } from "./Environment.ts"
import * as OutsideTransactions from "./OutsideTransactions.ts"
import * as Tracing from "./Tracing.ts"
import * as Vault from "./Vault.ts"

export { compose }

const configuration = Configuration.layer(Configuration.sources("local"))

const telemetry = Tracing.layer({ store: true, collector: true, stackTraces: true })

/** Replace one and `compose` again to swap an adapter; what remains is to provide `backend`. */
export const parts = {
  ...client,
  ...thisDevice,
  configuration,
  secureStore: Vault.layer,
  telemetry,
  transport: OutsideTransactions.transport(thisDevice.transport),
  socket: OutsideTransactions.socket(thisDevice.socket),
  origin: Layer.effect(ApiOrigin, Effect.map(BackendAddress, ({ url }) => ({ url }))),
  analytics: EmbeddedAnalytics.layer,
  diagnostics: Doctor.onDisk
} satisfies Parts<BackendAddress>

/** The backend of this data folder: run by this process, or found in the one that runs it. It shares the client's telemetry. */
export const backend = EmbeddedBackend.layer({}).pipe(Layer.provide(telemetry), Layer.provide(configuration))

/** The same for a further client of a process that has telemetry already. */
export const sharedBackend = EmbeddedBackend.layer({}).pipe(Layer.provide(configuration))

/** The backend alone. `Busy` when another process runs it. */
export const runBackend = (options: EmbeddedBackend.Options) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      EmbeddedBackend.layer(options).pipe(Layer.provide(telemetry), Layer.provide(configuration))
    )
    const { pid, url } = Context.get(context, BackendAddress)
    if (pid !== process.pid) return yield* new Busy({ store: "embedded backend", operation: "run" })
    return { url }
  })

/** The client of this machine's person. */
export const main = compose<BackendAddress>(parts)

/** A further client with its own data, under the folder `devices`. It records into the telemetry around it. */
export const device = (name: string) =>
  compose<BackendAddress>({
    ...parts,
    configuration: Layer.merge(configuration, Layer.provide(ownFolders(name), configuration)),
    telemetry: Tracing.kept
  })

const ownFolders = (name: string) =>
  Layer.effect(
    FoldersConfig,
    Effect.map(FoldersConfig, ({ cache, config, data, state }) => ({
      config,
      data: join(data, "devices", name),
      cache: join(cache, "devices", name),
      state: join(state, "devices", name)
    }))
  )

export const layer = Layer.provide(main, backend)

export const secrets = composeSecrets<never>(parts)

export const databaseMaintenance = composeDatabaseMaintenance<never>(parts)

/** Who to sign in as when nobody is asked. */
export const account = Effect.map(AccountConfig, ({ credentials }) => credentials).pipe(Effect.provide(configuration))
