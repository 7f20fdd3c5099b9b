/**
 * Resolves access tokens.
 */
import { Effect, Layer } from "effect"
import { Authorization } from "../../infrastructure/network/api/contract/Authorization.ts"
import * as Problems from "../http/Problems.ts"
import { SessionStore } from "../store/SessionStore.ts"

export const make = Effect.gen(function*() {
  const sessions = yield* SessionStore
  return Authorization.of({
    bearer: (token) =>
      sessions.authenticate(token).pipe(
        Problems.orUnavailable,
        Effect.flatten,
        Effect.catchTag("NoSuchElementException", () => Effect.fail(Problems.unauthorized())),
        Effect.map(({ user }) => user)
      )
  })
})

/** `Authorization` over the stored sessions. */
export const layer: Layer.Layer<Authorization, never, SessionStore> = Layer.effect(Authorization, make)
