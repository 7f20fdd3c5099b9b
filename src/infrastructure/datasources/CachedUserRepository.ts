/**
 * The profile from the cache while it is fresh, else from the backend, and from the cache again while that cannot answer.
 * That there is none for this session is an answer.
 */
import { Effect, Layer, Option, Predicate, Schema, Stream } from "effect"
import { Forbidden, NotFound, Unauthenticated, Unavailable } from "../../domain/network/RemoteFailure.ts"
import { Cache } from "../../domain/storage/Cache.ts"
import { forSchema } from "../../domain/storage/CacheSchema.ts"
import { Profile } from "../../domain/user/Profile.ts"
import { UserRepository } from "../../domain/user/UserRepository.ts"
import { AccessTokens } from "../network/api/AccessTokens.ts"
import type { ApiClient } from "../network/api/ApiClient.ts"
import { onBehalfOf } from "../network/api/CallOptions.ts"
import * as ProfileRemote from "./remote/ProfileRemote.ts"

const profiles = forSchema({
  name: "profile",
  schema: Profile,
  policy: { timeToLive: "60 seconds", failSafeMaxAge: "30 days" }
})

const isAnswer = Predicate.or(Schema.is(Unauthenticated), Predicate.or(Schema.is(Forbidden), Schema.is(NotFound)))

export const make = Effect.gen(function*() {
  const cache = yield* Cache
  const tokens = yield* AccessTokens
  const remote = yield* ProfileRemote.make

  const read = Effect.gen(function*() {
    const principal = yield* tokens.principal
    if (Option.isNone(principal)) return yield* new Unauthenticated()
    const { age, error, origin, value } = yield* profiles.getOrLoad(
      principal.value,
      onBehalfOf(principal.value)(remote.get)
    )
    if (isAnswer(error)) {
      yield* profiles.remove(principal.value)
      return yield* error
    }
    return {
      data: value,
      origin: origin === "source" ? "remote" as const : "cache" as const,
      age,
      pending: 0,
      ...(error === undefined ? {} : { error: error._tag === "LoadTimeout" ? new Unavailable({}) : error })
    }
  }).pipe(
    Effect.catchTag("LoadTimeout", () => new Unavailable({})),
    Effect.catchTag("CacheReentrancy", Effect.die)
  )

  return UserRepository.of({ profile: Stream.fromEffect(Effect.provideService(read, Cache, cache)) })
})

/** A profile is fresh for 60 seconds, and kept for 30 days to be shown offline; accounts do not see each other's. */
export const layer: Layer.Layer<UserRepository, never, AccessTokens | ApiClient | Cache> = Layer.effect(
  UserRepository,
  make
)
