/**
 * Signing in, refreshing, signing out.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Option } from "effect"
import { StrataApi } from "../../infrastructure/network/api/contract/StrataApi.ts"
import * as Problems from "../http/Problems.ts"
import { RealtimeHub } from "../realtime/RealtimeHub.ts"
import { AccountStore } from "../store/AccountStore.ts"
import { LoginAttemptStore } from "../store/LoginAttemptStore.ts"
import { SessionStore } from "../store/SessionStore.ts"

export const layer = HttpApiBuilder.group(StrataApi, "sessions", (handlers) =>
  Effect.gen(function*() {
    const accounts = yield* AccountStore
    const attempts = yield* LoginAttemptStore
    const sessions = yield* SessionStore
    const hub = yield* RealtimeHub

    return handlers
      .handle("create", ({ payload }) =>
        Effect.gen(function*() {
          const wait = yield* attempts.begin(payload.username)
          if (Option.isSome(wait)) {
            return Problems.respond(Problems.tooManyRequests(), { retryAfter: wait.value })
          }
          const account = yield* accounts.authenticate(payload.username, payload.password)
          if (Option.isNone(account)) {
            return yield* Effect.fail(Problems.unauthorized({ detail: "The username or the password is wrong" }))
          }
          yield* attempts.forget(payload.username)
          return { user: account.value, tokens: yield* sessions.start(account.value.id) }
        }).pipe(Problems.orUnavailable))
      .handle("refresh", ({ payload }) =>
        Effect.gen(function*() {
          const outcome = yield* sessions.refresh(payload.refreshToken)
          if (outcome._tag === "Refreshed") return outcome.tokens
          if (outcome._tag === "Ended") yield* hub.disconnect(outcome.session)
          return yield* Effect.fail(Problems.unauthorized({ detail: "The session is over" }))
        }).pipe(Problems.orUnavailable))
      .handle("revoke", ({ payload }) =>
        sessions.end(payload.refreshToken).pipe(
          Effect.tap((ended) => Option.isSome(ended) ? hub.disconnect(ended.value) : Effect.void),
          Effect.asVoid,
          Problems.orUnavailable
        ))
  }))
