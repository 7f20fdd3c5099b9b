/**
 * How an attempt or a call ended: in one bounded word, and as the end of its span.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Clock, Context, Exit, Option } from "effect"
import type { Fiber, Tracer } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { ApiError } from "./ApiError.ts"

export interface Ended {
  readonly status: number | undefined
  /** `error.type`. */
  readonly error: string | undefined
  readonly interrupted?: Exit.Exit<never, unknown>
}

export const answered = ({ status }: HttpClientResponse): Ended => ({
  status,
  error: status >= 400 ? String(status) : undefined
})

/** What has no answer; an interruption is no error. */
export const failed = (cause: Cause.Cause<ApiError | SecretFailure>): Ended => {
  if (Cause.isInterruptedOnly(cause)) return { status: undefined, error: undefined, interrupted: Exit.failCause(cause) }
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  const error = failure === undefined
    ? "Defect"
    : failure._tag === "TransportFailure"
    ? failure.reason
    : failure._tag
  return { status: undefined, error }
}

/** Ended here and not by a scope, so that the failure of the span is a word and never the answer. */
export const end = (fiber: Fiber.RuntimeFiber<unknown, unknown>, span: Tracer.Span, ended: Ended): void => {
  const now = Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeNanos()
  if (ended.status !== undefined) span.attribute("http.response.status_code", ended.status)
  if (ended.error !== undefined) span.attribute("error.type", ended.error)
  span.end(
    now,
    ended.error !== undefined
      ? Exit.fail({ _tag: ended.error, message: ended.error })
      : ended.interrupted ?? Exit.void
  )
}
