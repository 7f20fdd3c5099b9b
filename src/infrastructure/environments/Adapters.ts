/**
 * Which adapter serves which port in each profile, without loading any of them.
 */
import type { Profile } from "../config/constants/Profiles.ts"

const client = {
  AuthRepository: "PasswordAuthRepository",
  UserRepository: "CachedUserRepository",
  NoteRepository: "SyncedNoteRepository",
  Realtime: "WsRealtime",
  Connectivity: "LearntConnectivity",
  PushNotifications: "SsePushNotifications",
  Crypto: "KeysetCrypto",
  Diagnostics: "CollectedDiagnostics",
  Settings: "EnvSettings"
}

const device = {
  ...client,
  Analytics: "FileAnalytics",
  SecureStore: "VaultSecureStore",
  Maintenance: "VaultMaintenance",
  Cache: "SqlCache",
  DatabaseMaintenance: "SqliteDatabaseMaintenance",
  PasswordHashing: "PreferredPasswordHashing",
  Biometrics: "UnavailableBiometrics",
  Traces: "SqliteTraces"
}

export const adapters = {
  local: device,
  development: device,
  staging: device,
  production: device,
  test: {
    ...client,
    Analytics: "MemoryAnalytics",
    SecureStore: "MemorySecureStore",
    Maintenance: "MemoryMaintenance",
    Cache: "MemoryCache",
    DatabaseMaintenance: "MemoryDatabaseMaintenance",
    PasswordHashing: "MemoryPasswordHashing",
    Biometrics: "MemoryBiometrics",
    Traces: "MemoryTraces"
  }
} as const satisfies Record<Profile, Readonly<Record<string, string>>>
