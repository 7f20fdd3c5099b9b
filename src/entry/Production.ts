/**
 * The application against the real backend.
 */
export * from "../infrastructure/environments/Production.ts"
