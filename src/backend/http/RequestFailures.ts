/**
 * Whatever goes wrong with a request becomes problem details. Neither an answer nor the log ever holds a value that
 * was sent: fields are named, values are not.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { HttpApiDecodeError } from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import { RequestError, RouteNotFound } from "@effect/platform/HttpServerError"
import { Cause, Effect } from "effect"
import * as Problems from "./Problems.ts"

/** Fields are ours; keys that clients make up (of a record) are values too. */
const field = (key: PropertyKey) => /^(\d{1,6}|[A-Za-z][A-Za-z-]{0,30})$/.test(String(key)) ? String(key) : "*"

const fieldErrors = ({ issues }: HttpApiDecodeError) =>
  [...new Set(issues.map(({ _tag, path }) => `${path.map(field).join(".") || "request"}: ${_tag}`))].slice(0, 20)

/** Before the platform answers in its own shape. */
export const layer = HttpApiBuilder.middleware((app) =>
  Effect.catchAllCause(app, (cause) => {
    const failure = Cause.squash(cause)
    return failure instanceof HttpApiDecodeError
      ? Effect.succeed(Problems.respond(Problems.rejected({ errors: fieldErrors(failure) })))
      : Effect.failCause(cause)
  })
)

/** Frames of the defect's stack without its message, which may quote what was sent. */
const origin = (defect: unknown) =>
  defect instanceof Error
    ? [defect.name, ...(defect.stack ?? "").split("\n").filter((line) => line.startsWith("    at ")).slice(0, 5)].join(
      "\n"
    )
    : typeof defect

const toProblem = (cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  if (error instanceof RouteNotFound) return Effect.succeed(Problems.respond(Problems.notFound()))
  if (error instanceof RequestError && error.reason === "Decode") {
    return Effect.succeed(Problems.respond(Problems.malformed()))
  }
  return Effect.as(Effect.logError(`The backend failed: ${origin(error)}`), Problems.respond(Problems.failed()))
}

/** Leaves nothing but interruption: unknown routes, unreadable bodies and defects are answered. */
export const answerAll = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<never, R> =>
  Effect.catchAllCause(app, (cause) => Cause.isInterruptedOnly(cause) ? Effect.interrupt : toProblem(cause))
