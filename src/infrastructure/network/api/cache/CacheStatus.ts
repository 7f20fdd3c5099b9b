/**
 * `Cache-Status` (RFC 9211): what the cache did for an answer.
 */

export interface Handling {
  readonly hit?: boolean
  /** Why the request was forwarded. */
  readonly forwarded?: "uri-miss" | "vary-miss" | "stale" | "request" | "bypass"
  /** The status of the answer, when another is handed on. */
  readonly forwardedStatus?: number
  readonly stored?: boolean
  /** The request of another caller brought the answer. */
  readonly collapsed?: boolean
  /** Seconds for which it is fresh; negative when it is stale. */
  readonly timeToLive?: number
  readonly detail?: "offline" | "error" | "only-if-cached"
}

/** Added after what caches on the way wrote. */
export const write = (before: string | undefined, handling: Handling): string => {
  const parts = ["strata"]
  if (handling.hit === true) parts.push("hit")
  if (handling.forwarded !== undefined) parts.push(`fwd=${handling.forwarded}`)
  if (handling.forwardedStatus !== undefined) parts.push(`fwd-status=${handling.forwardedStatus}`)
  if (handling.timeToLive !== undefined) parts.push(`ttl=${Math.floor(handling.timeToLive)}`)
  if (handling.stored === true) parts.push("stored")
  if (handling.collapsed === true) parts.push("collapsed")
  if (handling.detail !== undefined) parts.push(`detail=${handling.detail}`)
  const own = parts.join("; ")
  return before === undefined || before === "" ? own : `${before}, ${own}`
}
