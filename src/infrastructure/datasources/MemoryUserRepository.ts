/**
 * The profile made from the signed-in account itself.
 */
import { Duration, Effect, Layer, Option, Stream } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import type { User } from "../../domain/auth/User.ts"
import { Unauthenticated } from "../../domain/network/RemoteFailure.ts"
import { Profile } from "../../domain/user/Profile.ts"
import { UserRepository } from "../../domain/user/UserRepository.ts"

export const make = (options?: { readonly displayName?: (user: User) => string }) =>
  Effect.map(AuthRepository, (auth) => {
    const displayName = options?.displayName ?? ((user) => user.username)
    const read = Effect.gen(function*() {
      const user = yield* auth.currentUser
      if (Option.isNone(user)) return yield* new Unauthenticated()
      const { id, username } = user.value
      const data = new Profile({ id, username, displayName: displayName(user.value) })
      return { data, origin: "remote" as const, age: Duration.zero, pending: 0 }
    })
    return UserRepository.of({ profile: Stream.fromEffect(read) })
  })

/** Always up to date; the display name is the username unless `displayName` says otherwise. */
export const layer = (
  options?: { readonly displayName?: (user: User) => string }
): Layer.Layer<UserRepository, never, AuthRepository> => Layer.effect(UserRepository, make(options))
