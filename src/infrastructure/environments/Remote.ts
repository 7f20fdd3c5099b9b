/**
 * The parts of a client whose backend is somewhere else: nothing has a default that could be meant for another place.
 */
import { Effect, Layer } from "effect"
import { join } from "node:path"
import { AnalyticsConfig } from "../config/env/AnalyticsConfig.ts"
import { ApiConfig } from "../config/env/ApiConfig.ts"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import { required } from "../config/env/ProfileConfig.ts"
import { ApiOrigin } from "../network/api/ApiOrigin.ts"
import * as FileAnalytics from "../services/analytics/FileAnalytics.ts"
import { client } from "./Client.ts"
import { device } from "./Device.ts"
import * as Doctor from "./Doctor.ts"
import * as Vault from "./Vault.ts"

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

export const remote = {
  ...client,
  ...device,
  secureStore: Vault.layer,
  origin,
  analytics,
  diagnostics: Doctor.onDisk
}
