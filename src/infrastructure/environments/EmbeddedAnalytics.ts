/**
 * Analytics for a client of the embedded backend: to the configured receiver, else to that backend.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import { join } from "node:path"
import { demoAnalyticsWriteKey } from "../config/constants/DemoAccount.ts"
import { AnalyticsConfig } from "../config/env/AnalyticsConfig.ts"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import { ApiOrigin } from "../network/api/ApiOrigin.ts"
import * as FileAnalytics from "../services/analytics/FileAnalytics.ts"

export const layer = Layer.unwrapEffect(Effect.gen(function*() {
  const { data } = yield* FoldersConfig
  const { destination, doNotTrack } = yield* AnalyticsConfig
  const { url } = yield* ApiOrigin
  return FileAnalytics.layer({
    folder: join(data, "analytics"),
    destination: Option.orElseSome(destination, () => ({ url, writeKey: Redacted.make(demoAnalyticsWriteKey) })),
    doNotTrack
  })
}))
