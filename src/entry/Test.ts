/**
 * The whole application in memory; the runner brings clock and randomness.
 */
export * from "../infrastructure/environments/Test.ts"
