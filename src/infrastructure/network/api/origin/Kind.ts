/**
 * The two kinds of calls that one origin knows.
 */

/** Whether a call carries credentials. */
export type Kind = "signed" | "plain"
