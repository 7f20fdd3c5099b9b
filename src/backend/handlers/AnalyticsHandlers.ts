/**
 * Analytics in Segment's shape.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Context, Effect, Encoding, Option, Redacted } from "effect"
import { timingSafeEqual } from "node:crypto"
import { StrataApi } from "../../infrastructure/network/api/contract/StrataApi.ts"
import * as Problems from "../http/Problems.ts"
import { EventStore } from "../store/EventStore.ts"
import * as Token from "../store/Token.ts"

/** The key that clients of the analytics endpoint present. */
export class AnalyticsWriteKey
  extends Context.Tag("effect-strata/backend/handlers/AnalyticsHandlers/AnalyticsWriteKey")<
    AnalyticsWriteKey,
    Redacted.Redacted<string>
  >()
{}

/** The user name of HTTP Basic (RFC 7617); Segment leaves the password empty. */
const presentedKey = (authorization: string | undefined) => {
  const [, credentials = ""] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? "") ?? []
  return Option.getOrElse(Option.getRight(Encoding.decodeBase64String(credentials)), () => "").split(":", 1)[0] ?? ""
}

export const layer = HttpApiBuilder.group(StrataApi, "analytics", (handlers) =>
  Effect.gen(function*() {
    const events = yield* EventStore
    const key = Token.digest(Redacted.value(yield* AnalyticsWriteKey))

    return handlers.handle("batch", ({ headers, payload }) =>
      Effect.gen(function*() {
        if (!timingSafeEqual(Token.digest(presentedKey(headers.authorization)), key)) {
          return Problems.respond(Problems.unauthorized({ detail: "The write key is wrong" }), { scheme: "Basic" })
        }
        yield* events.add(payload.batch)
        return { success: true }
      }).pipe(Problems.orUnavailable))
  }))
