/**
 * The backend's errors: RFC 9457 problem details, told apart by status. `type` is a URI reference, `detail` is safe to show.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"

const problem = <const Status extends number>(status: Status, type: string, title: string) =>
  Schema.Struct({
    type: Schema.optionalWith(Schema.String, { default: () => type }),
    title: Schema.optionalWith(Schema.String, { default: () => title }),
    status: Schema.optionalWith(Schema.Literal(status), { default: () => status }),
    detail: Schema.optional(Schema.String),
    errors: Schema.optional(Schema.Array(Schema.String))
  }).pipe(
    HttpApiSchema.withEncoding({ kind: "Json", contentType: "application/problem+json" })
  ).annotations(HttpApiSchema.annotations({ status }))

export const rejectedType = "/problems/rejected"

/** The request does not have the declared shape, or breaks a rule; `errors` name fields. */
export const RejectedProblem = problem(422, rejectedType, "The request was refused")

/** No valid access token, or wrong credentials. */
export const UnauthorizedProblem = problem(401, "/problems/unauthorized", "Not signed in")

/** Signed in, but not allowed. */
export const ForbiddenProblem = problem(403, "/problems/forbidden", "Not allowed")

/** No such resource. */
export const NotFoundProblem = problem(404, "/problems/not-found", "Not found")

/** Too many requests; the header `Retry-After` says when to come back. */
export const TooManyRequestsProblem = problem(429, "/problems/too-many-requests", "Too many requests")

/** Cannot serve right now. */
export const UnavailableProblem = problem(503, "/problems/unavailable", "Temporarily unavailable")
