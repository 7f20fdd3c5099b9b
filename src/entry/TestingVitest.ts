/**
 * Runs contracts under vitest.
 */
export * from "../testing/vitest.ts"
