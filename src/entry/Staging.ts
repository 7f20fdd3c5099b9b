/**
 * The application against a staging backend.
 */
export * from "../infrastructure/environments/Staging.ts"
