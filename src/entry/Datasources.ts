/**
 * Repositories over remote resources and local tables.
 */
export * as CachedUserRepository from "../infrastructure/datasources/CachedUserRepository.ts"
export { liveTables, notesMigration } from "../infrastructure/datasources/local/NotesMigration.ts"
export * as MemoryNoteRepository from "../infrastructure/datasources/MemoryNoteRepository.ts"
export * as MemoryUserRepository from "../infrastructure/datasources/MemoryUserRepository.ts"
export * as SyncedNoteRepository from "../infrastructure/datasources/SyncedNoteRepository.ts"
