/**
 * The vault, the database and the cache of this machine.
 */
export * as MemoryCache from "../infrastructure/storage/cache/MemoryCache.ts"
export * as SqlCache from "../infrastructure/storage/cache/SqlCache.ts"
export { LocalDatabase } from "../infrastructure/storage/local/LocalDatabase.ts"
export * as MemoryProcessLock from "../infrastructure/storage/local/MemoryProcessLock.ts"
export type { Migration } from "../infrastructure/storage/local/Migration.ts"
export { ProcessLock } from "../infrastructure/storage/local/ProcessLock.ts"
export * as SqliteLocalDatabase from "../infrastructure/storage/local/SqliteLocalDatabase.ts"
export * as SqliteProcessLock from "../infrastructure/storage/local/SqliteProcessLock.ts"
export * as KeyFile from "../infrastructure/storage/secure/KeyFile.ts"
export * as MemorySecureStore from "../infrastructure/storage/secure/MemorySecureStore.ts"
export * as SecureStoreKeysetStore from "../infrastructure/storage/secure/SecureStoreKeysetStore.ts"
export { VaultKey } from "../infrastructure/storage/secure/VaultKey.ts"
export * as VaultSecureStore from "../infrastructure/storage/secure/VaultSecureStore.ts"
