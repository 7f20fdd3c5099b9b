/**
 * How requests say who they come from: an opaque bearer token (RFC 6750).
 */
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import { Context, Schema } from "effect"
import type { User } from "../../../../domain/auth/User.ts"
import { UnauthorizedProblem, UnavailableProblem } from "./Problem.ts"

/** The account a request was authorized for. */
export class CurrentAccount
  extends Context.Tag("effect-strata/infrastructure/network/api/contract/Authorization/CurrentAccount")<
    CurrentAccount,
    User
  >()
{}

/** Resolves the bearer token to its account; 401 when it is missing, unknown, expired or revoked. */
export class Authorization extends HttpApiMiddleware.Tag<Authorization>()(
  "effect-strata/infrastructure/network/api/contract/Authorization/Authorization",
  {
    failure: Schema.Union(UnauthorizedProblem, UnavailableProblem),
    provides: CurrentAccount,
    security: { bearer: HttpApiSecurity.bearer }
  }
) {}
