/**
 * Every slice of the configuration, in the order of the documentation.
 */
import { Context } from "effect"
import * as AccountConfig from "./AccountConfig.ts"
import * as AnalyticsConfig from "./AnalyticsConfig.ts"
import * as ApiConfig from "./ApiConfig.ts"
import * as BackendConfig from "./BackendConfig.ts"
import * as ConnectionConfig from "./ConnectionConfig.ts"
import * as FoldersConfig from "./FoldersConfig.ts"
import * as ProfileConfig from "./ProfileConfig.ts"
import type { SettingSpec } from "./SettingSpec.ts"
import type { Slice, Surroundings } from "./Slice.ts"
import * as TelemetryConfig from "./TelemetryConfig.ts"
import * as VaultConfig from "./VaultConfig.ts"

export const slices = [
  ProfileConfig.slice,
  ApiConfig.slice,
  ConnectionConfig.slice,
  AccountConfig.slice,
  VaultConfig.slice,
  FoldersConfig.slice,
  AnalyticsConfig.slice,
  TelemetryConfig.slice,
  BackendConfig.slice
] as const

type IdOf<S> = S extends Slice<infer Id> ? Id : never

/** The services that the configuration provides. */
export type Slices = IdOf<typeof slices[number]>

/** `Slices` is derived from the list that is folded here, so the assertion cannot claim a slice that is not in it. */
export const contextOf = (decoded: ReadonlyMap<string, unknown>, surroundings: Surroundings) =>
  (slices as ReadonlyArray<Slice<never>>).reduce<Context.Context<never>>(
    (context, slice) => Context.merge(context, slice.context(decoded, surroundings)),
    Context.empty()
  ) as Context.Context<Slices>

export const settings: ReadonlyArray<SettingSpec> = slices.flatMap((slice) => slice.settings)
