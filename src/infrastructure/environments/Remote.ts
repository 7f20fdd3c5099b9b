/**
 * The parts of a client whose backend is somewhere else: nothing has a default that could be meant for another place.
 */
import { Effect, Layer } from "effect"
import { join } from "node:path"
import { AnalyticsConfig } from "../config/env/AnalyticsConfig.ts"
import { ApiConfig } from "../config/env/ApiConfig.ts"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import { required } from "../config/env/ProfileConfig.ts"
import { VaultConfig } from "../config/env/VaultConfig.ts"
import { ApiOrigin } from "../network/api/ApiOrigin.ts"
import * as FileAnalytics from "../services/analytics/FileAnalytics.ts"
import * as KeyFile from "../storage/secure/KeyFile.ts"
import * as VaultSecureStore from "../storage/secure/VaultSecureStore.ts"
import { client } from "./Client.ts"
import { vaultFile } from "./DataFiles.ts"
import { device } from "./Device.ts"
import * as Doctor from "./Doctor.ts"

const secureStore = Layer.unwrapEffect(Effect.gen(function*() {
  const folders = yield* FoldersConfig
  const { keyFile } = yield* VaultConfig
  const file = yield* required("STRATA_VAULT_KEY_FILE", keyFile)
  return Layer.provide(VaultSecureStore.layer({ file: vaultFile(folders) }), KeyFile.layerLoad({ file }))
}))

const origin = Layer.effect(
  ApiOrigin,
  Effect.gen(function*() {
    const { url } = yield* ApiConfig
    return { url: yield* required("STRATA_API_URL", url) }
  })
)

const analytics = Layer.unwrapEffect(Effect.gen(function*() {
  const { data } = yield* FoldersConfig
  return FileAnalytics.layer({ folder: join(data, "analytics"), ...(yield* AnalyticsConfig) })
}))

export const remote = { ...client, ...device, secureStore, origin, analytics, diagnostics: Doctor.onDisk }
