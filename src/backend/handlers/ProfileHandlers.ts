/**
 * The profile in both versions, with validators (RFC 9110, section 8.8.3) so that clients can revalidate.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Layer, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import { Profile } from "../../domain/user/Profile.ts"
import { CurrentAccount } from "../../infrastructure/network/api/contract/Authorization.ts"
import { ProfileV1 } from "../../infrastructure/network/api/contract/ProfileApi.ts"
import { StrataApi } from "../../infrastructure/network/api/contract/StrataApi.ts"
import * as Problems from "../http/Problems.ts"
import { AccountStore } from "../store/AccountStore.ts"

/** `If-None-Match` compares weakly (RFC 9110, section 13.1.2). */
const matches = (ifNoneMatch: string | undefined, etag: string) =>
  ifNoneMatch !== undefined
  && ifNoneMatch.split(",").some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "") === etag)

const respond = <A, I>(schema: Schema.Schema<A, I>) => {
  const encode = Schema.encodeSync(Schema.parseJson(schema))
  return (request: HttpServerRequest, value: A) => {
    const body = encode(value)
    const etag = `"${createHash("sha256").update(body).digest("base64url")}"`
    const headers = { etag, "cache-control": "private, no-cache" }
    return matches(request.headers["if-none-match"], etag)
      ? HttpServerResponse.empty({ status: 304, headers })
      : HttpServerResponse.text(body, { contentType: "application/json", headers })
  }
}

const respondCurrent = respond(Profile)
const respondV1 = respond(ProfileV1)

const profile = Effect.gen(function*() {
  const account = yield* CurrentAccount
  const accounts = yield* AccountStore
  const found = yield* accounts.profile(account.id)
  return yield* Option.match(found, {
    onNone: () => Effect.fail(Problems.unauthorized()),
    onSome: Effect.succeed
  })
}).pipe(Problems.orUnavailable)

const current = HttpApiBuilder.group(
  StrataApi,
  "profile",
  (handlers) => handlers.handle("get", ({ request }) => Effect.map(profile, (found) => respondCurrent(request, found)))
)

const version1 = HttpApiBuilder.group(
  StrataApi,
  "profileV1",
  (handlers) =>
    handlers.handle(
      "get",
      ({ request }) =>
        Effect.map(
          profile,
          ({ displayName, id, username }) => respondV1(request, { id, login: username, name: displayName })
        )
    )
)

export const layer = Layer.merge(current, version1)
