/**
 * The stages of a request, from the outside in. What stands here is the order, whatever order they are given in.
 */

/** Once per call. */
export const callStages = [
  "observe",
  "version",
  "deadline",
  "cache",
  "offline",
  "idempotency",
  "bulkhead",
  "throttle"
] as const

/** Turn one call into attempts; of the two, one endpoint has one. */
export const loopStages = ["retry", "hedge"] as const

/** Once per attempt. */
export const attemptStages = ["rateLimit", "auth", "redirect", "breaker", "attemptDeadline", "wire"] as const

export type CallStage = typeof callStages[number]
export type LoopStage = typeof loopStages[number]
export type AttemptStage = typeof attemptStages[number]
export type Stage = CallStage | LoopStage | AttemptStage
