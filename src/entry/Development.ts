/**
 * The application against a development backend.
 */
export * from "../infrastructure/environments/Development.ts"
