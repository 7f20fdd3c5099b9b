/**
 * What every `UserRepository` must do, beside an `AuthRepository` as its contract asks for it. Not covered: how long
 * a profile stays fresh.
 */
import { Effect, Stream } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import { UserRepository } from "../../domain/user/UserRepository.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { loginRequest } from "./AuthRepositoryContract.ts"

const profiles = Effect.flatMap(UserRepository, (users) => Stream.runCollect(users.profile)).pipe(
  Effect.map((snapshots) => Array.from(snapshots))
)

const unauthenticated = Effect.gen(function*() {
  const failure = yield* Effect.flip(profiles)
  yield* ensure(failure._tag === "Unauthenticated", `failed with ${failure._tag}`)
})

const isOf = (username: "ada" | "grace") =>
  Effect.gen(function*() {
    const auth = yield* AuthRepository
    const user = yield* auth.login(loginRequest(username))
    const [snapshot, ...more] = yield* profiles
    yield* ensure(snapshot !== undefined && more.length === 0, "there is not exactly one snapshot")
    yield* ensure(snapshot?.data.id === user.id && snapshot.data.username === username, "somebody else's profile")
    yield* ensure(snapshot?.pending === 0 && snapshot.error === undefined, "something is pending or failed")
  })

export const contract: Contract<UserRepository | AuthRepository> = {
  name: "UserRepository",
  cases: [
    contractCase("fails while nobody is signed in", unauthenticated),
    contractCase("gives the profile of who is signed in", isOf("ada")),
    contractCase("gives the same again", Effect.zipRight(isOf("ada"), isOf("ada"))),
    contractCase("keeps people apart", Effect.zipRight(isOf("ada"), isOf("grace"))),
    contractCase(
      "fails again after signing out",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* isOf("ada")
        yield* auth.logout
        yield* unauthenticated
      })
    )
  ]
}
