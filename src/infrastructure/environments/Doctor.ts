/**
 * The checks of every area, in the order a person would look.
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import type { HttpClient } from "@effect/platform/HttpClient"
import { Effect, Layer } from "effect"
import { Check } from "../../domain/operations/Check.ts"
import type { Diagnostics } from "../../domain/operations/Diagnostics.ts"
import type { Maintenance } from "../../domain/operations/Maintenance.ts"
import { Settings } from "../../domain/operations/Settings.ts"
import type { SecureStore } from "../../domain/storage/SecureStore.ts"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import { ProfileConfig } from "../config/env/ProfileConfig.ts"
import type { TelemetryConfig } from "../config/env/TelemetryConfig.ts"
import type { ApiOrigin } from "../network/api/ApiOrigin.ts"
import * as NetworkChecks from "../network/api/NetworkChecks.ts"
import * as CacheFile from "../storage/cache/CacheFile.ts"
import * as DatabaseChecks from "../storage/local/DatabaseChecks.ts"
import * as VaultChecks from "../storage/secure/VaultChecks.ts"
import * as CollectedDiagnostics from "../telemetry/diagnostics/CollectedDiagnostics.ts"
import * as TelemetryProbes from "../telemetry/diagnostics/TelemetryProbes.ts"
import { cacheFile, databaseFile } from "./DataFiles.ts"

const node: Effect.Effect<Check> = Effect.sync(() => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  const supported = major > 20 || (major === 20 && minor >= 19)
  return new Check({
    name: "Node.js",
    status: supported ? "ok" : "failed",
    detail: process.versions.node,
    ...(supported ? {} : { fix: "Install Node.js 20.19 or newer" })
  })
})

const configuration = Effect.gen(function*() {
  const settings = yield* Settings
  const { profile } = yield* ProfileConfig
  const warnings = yield* Effect.orElseSucceed(settings.check, () => [])
  const [first] = warnings
  return new Check({
    name: "configuration",
    status: first === undefined ? "ok" : "warning",
    detail: `profile ${profile}${first === undefined ? "" : `; ${first.key} ${first.problem}`}`,
    ...(first === undefined ? {} : { fix: "Run \"strata config check\"" })
  })
})

type Needs =
  | Settings
  | ProfileConfig
  | SecureStore
  | Maintenance
  | FileSystem
  | HttpClient
  | ApiOrigin
  | TelemetryConfig

const collected = <R>(more: Effect.Effect<ReadonlyArray<CollectedDiagnostics.Probe>, never, R>) =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const context = yield* Effect.context<Needs>()
    return CollectedDiagnostics.layer([
      { name: "Node.js", check: node },
      { name: "configuration", check: Effect.provide(configuration, context) },
      ...yield* more,
      { name: "secret store", check: Effect.provide(VaultChecks.opens, context) },
      { name: "unlock slots", check: Effect.provide(VaultChecks.slots, context) },
      yield* NetworkChecks.backend,
      ...yield* TelemetryProbes.all
    ])
  }))

/** For an environment that keeps nothing on disk. */
export const inMemory: Layer.Layer<Diagnostics, never, Needs> = collected(Effect.succeed([]))

/** For an environment that keeps its data in files. */
export const onDisk: Layer.Layer<Diagnostics, never, Needs | FoldersConfig> = collected(
  Effect.map(FoldersConfig, (folders) => {
    const cache = CacheFile.make(cacheFile(folders))
    return [
      DatabaseChecks.driver,
      DatabaseChecks.folder(folders.data, "data folder"),
      DatabaseChecks.file({
        filename: databaseFile(folders),
        store: "database",
        whenDamaged: {
          status: "failed",
          fix: "Run \"strata db check\", then \"strata db restore FILE\" with a backup or \"strata db quarantine\""
        }
      }),
      DatabaseChecks.file({
        filename: Effect.map(cache.current, cache.filename),
        store: "cache",
        whenDamaged: { status: "warning", fix: "Nothing: another one takes its place and is filled again" }
      })
    ]
  })
)
