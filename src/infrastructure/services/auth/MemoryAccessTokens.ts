/**
 * Tokens made up on the spot for whoever the `AuthRepository` has signed in.
 */
import { Effect, Layer, Option, Redacted, Ref } from "effect"
import { AuthRepository } from "../../../domain/auth/AuthRepository.ts"
import { Unauthenticated } from "../../../domain/network/RemoteFailure.ts"
import { AccessTokens } from "../../network/api/AccessTokens.ts"

export const make = Effect.gen(function*() {
  const auth = yield* AuthRepository
  const current = yield* Ref.make(1)

  const signedIn = Effect.flatMap(
    auth.currentUser,
    Option.match({ onNone: () => new Unauthenticated(), onSome: Effect.succeed })
  )

  return AccessTokens.of({
    credentials: () =>
      Effect.gen(function*() {
        const user = yield* signedIn
        const generation = yield* Ref.get(current)
        return {
          principal: user.id,
          headers: { authorization: Redacted.make(`Bearer memory.${user.id}.${generation}`) },
          generation
        }
      }),
    rejected: (generation) =>
      Effect.zipRight(signedIn, Ref.update(current, (now) => now === generation ? now + 1 : now)),
    principal: Effect.map(auth.currentUser, Option.map(({ id }) => id))
  })
})

/** For a transport that does not check tokens; they never expire. */
export const layer: Layer.Layer<AccessTokens, never, AuthRepository> = Layer.effect(AccessTokens, make)
