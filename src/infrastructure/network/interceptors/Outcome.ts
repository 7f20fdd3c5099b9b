/**
 * How an attempt or a call ended, in one bounded word.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { ApiError } from "../api/ApiError.ts"

/** `error.type` of an answer: its status, when that is one of an error. */
export const ofAnswer = ({ status }: HttpClientResponse): string | undefined =>
  status >= 400 ? String(status) : undefined

/** `error.type` of what has no answer; an interruption is none. */
export const ofFailure = (cause: Cause.Cause<ApiError | SecretFailure>): string | undefined => {
  if (Cause.isInterruptedOnly(cause)) return undefined
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  if (failure === undefined) return "Defect"
  return failure._tag === "TransportFailure" ? failure.reason : failure._tag
}
