/**
 * The whole application on one machine, its backend embedded.
 */
export * from "../infrastructure/environments/Local.ts"
