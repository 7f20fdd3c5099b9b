/**
 * The profile from the cache while it is fresh, else from the backend.
 */
import { Effect, Layer, Option, Stream } from "effect"
import { Unauthenticated } from "../../domain/network/RemoteFailure.ts"
import { Cache, forSchema } from "../../domain/storage/Cache.ts"
import { Profile } from "../../domain/user/Profile.ts"
import { UserRepository } from "../../domain/user/UserRepository.ts"
import { AccessTokens } from "../network/api/AccessTokens.ts"
import type { ApiClient } from "../network/api/ApiClient.ts"
import { onBehalfOf } from "../network/api/OnBehalfOf.ts"
import * as ProfileRemote from "./remote/ProfileRemote.ts"

const profiles = forSchema({ name: "profile", schema: Profile, timeToLive: "60 seconds" })

export const make = Effect.gen(function*() {
  const cache = yield* Cache
  const tokens = yield* AccessTokens
  const remote = yield* ProfileRemote.make

  const read = Effect.gen(function*() {
    const principal = yield* tokens.principal
    if (Option.isNone(principal)) return yield* new Unauthenticated()
    const { age, origin, value } = yield* profiles.getOrLoad(principal.value, onBehalfOf(principal.value)(remote.get))
    return { data: value, origin: origin === "cache" ? "cache" as const : "remote" as const, age, pending: 0 }
  })

  return UserRepository.of({ profile: Stream.fromEffect(Effect.provideService(read, Cache, cache)) })
})

/** A profile is fresh for 60 seconds; accounts do not see each other's. */
export const layer: Layer.Layer<UserRepository, never, AccessTokens | ApiClient | Cache> = Layer.effect(
  UserRepository,
  make
)
