/**
 * Typed configuration: one slice per module, merged from all sources, decoded once.
 */
export { AccountConfig } from "../infrastructure/config/env/AccountConfig.ts"
export { AnalyticsConfig } from "../infrastructure/config/env/AnalyticsConfig.ts"
export { ApiConfig } from "../infrastructure/config/env/ApiConfig.ts"
export { BackendConfig } from "../infrastructure/config/env/BackendConfig.ts"
export * as Configuration from "../infrastructure/config/env/Configuration.ts"
export { ConnectionConfig } from "../infrastructure/config/env/ConnectionConfig.ts"
export * as EnvSettings from "../infrastructure/config/env/EnvSettings.ts"
export { FoldersConfig } from "../infrastructure/config/env/FoldersConfig.ts"
export * as MemorySettings from "../infrastructure/config/env/MemorySettings.ts"
export { ProfileConfig } from "../infrastructure/config/env/ProfileConfig.ts"
export { TelemetryConfig } from "../infrastructure/config/env/TelemetryConfig.ts"
export { VaultConfig } from "../infrastructure/config/env/VaultConfig.ts"
export { vaultUnlock } from "../infrastructure/config/env/VaultUnlock.ts"
export type { VaultUnlock } from "../infrastructure/config/env/VaultUnlock.ts"
