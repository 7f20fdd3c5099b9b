/**
 * The account that the embedded backend starts with and that `local` and `test` sign in to. It guards nothing but
 * demonstration data on the same machine, so it is no secret.
 */
export const demoAccount = {
  username: "ada@example.com",
  password: "analytical-engine-1843"
} as const

/** What the client of an embedded backend sends its analytics with; no secret either. */
export const demoAnalyticsWriteKey = "embedded-backend"
