/**
 * The embedded backend with what it stands on: a database, keys and a vault of its own in the data folder.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import { join } from "node:path"
import * as Backend from "../../backend/Backend.ts"
import type { CannotListen } from "../../backend/BackendAddress.ts"
import type { BackendNotReady } from "../../backend/BackendHost.ts"
import * as BackendHost from "../../backend/BackendHost.ts"
import { migrations } from "../../backend/Migrations.ts"
import { Unavailable } from "../../domain/network/RemoteFailure.ts"
import type { StartFailure } from "../../domain/operations/StartFailure.ts"
import type { HashingUnavailable } from "../../domain/security/PasswordHashing.ts"
import { Busy, Io } from "../../domain/storage/StorageFailure.ts"
import { demoAnalyticsWriteKey } from "../config/constants/DemoAccount.ts"
import { AccountConfig } from "../config/env/AccountConfig.ts"
import { BackendConfig } from "../config/env/BackendConfig.ts"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import * as KeysetCrypto from "../security/encryption/KeysetCrypto.ts"
import * as SqliteLocalDatabase from "../storage/local/SqliteLocalDatabase.ts"
import * as KeyFile from "../storage/secure/KeyFile.ts"
import * as OpenVault from "../storage/secure/OpenVault.ts"
import * as SecureStoreKeysetStore from "../storage/secure/SecureStoreKeysetStore.ts"
import * as VaultIdentity from "../storage/secure/VaultIdentity.ts"
import * as VaultSecureStore from "../storage/secure/VaultSecureStore.ts"
import { vaultKeyFile } from "./DataFiles.ts"
import { device } from "./Device.ts"

export interface Options {
  /** Overrides the configured port. */
  readonly port?: number | undefined

  /** Whether other processes of this machine may switch faults. */
  readonly faults?: boolean | undefined
}

const startFailure = (failure: StartFailure | HashingUnavailable | CannotListen | BackendNotReady): StartFailure => {
  switch (failure._tag) {
    case "CannotListen":
      return failure.code === "EADDRINUSE"
        ? new Busy({ store: "embedded backend", operation: `listen on port ${failure.port}` })
        : new Io({ store: "embedded backend", operation: `listen on port ${failure.port}`, cause: failure })
    case "BackendNotReady":
      return new Busy({ store: "embedded backend", operation: "connect" })
    case "HashingUnavailable":
      return new Unavailable({})
    default:
      return failure
  }
}

/** Runs the backend of the data folder, or finds the process that does. */
export const layer = ({ faults, port }: Options) =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const folders = yield* FoldersConfig
    const { credentials } = yield* AccountConfig
    const configured = yield* BackendConfig
    const folder = join(folders.data, "backend")
    const vault = yield* VaultIdentity.of(join(folder, "vault"))
    const crypto = KeysetCrypto.layer.pipe(
      Layer.provide(SecureStoreKeysetStore.layer),
      Layer.provide(VaultSecureStore.layer),
      Layer.provide(OpenVault.layer({ file: vault.file })),
      Layer.provide(KeyFile.layerLoadOrCreate({ file: vaultKeyFile(folders), vault: vault.digest }))
    )
    const stores = Layer.mergeAll(
      SqliteLocalDatabase.layer({ filename: join(folder, "backend.db"), migrations, store: "backend database" }),
      crypto,
      device.passwordHashing
    )
    return BackendHost.layer({
      directory: folder,
      start: (former) =>
        Backend.server({
          port: port ?? (configured.port === 0 ? former : configured.port),
          faults,
          analyticsWriteKey: Redacted.make(demoAnalyticsWriteKey),
          accounts: Option.toArray(credentials)
        }).pipe(Layer.provide(stores))
    })
  })).pipe(
    Layer.provide(Layer.merge(device.transport, device.processLock)),
    Layer.provide(device.files),
    Layer.mapError(startFailure)
  )
