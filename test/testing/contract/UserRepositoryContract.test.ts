import { Duration, Effect, Layer, Stream } from "effect"
import { Profile } from "../../../src/domain/user/Profile.ts"
import { UserRepository } from "../../../src/domain/user/UserRepository.ts"
import * as MemoryUserRepository from "../../../src/infrastructure/datasources/MemoryUserRepository.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as UserRepositoryContract from "../../../src/testing/contract/UserRepositoryContract.ts"
import { bites } from "../../../src/testing/vitest.ts"
import { accounts, users } from "../../support/ScriptedBackend.ts"

type Service = typeof UserRepository.Service

const broken = (change: (users: Service) => Partial<Service>) =>
  Layer.effect(
    UserRepository,
    Effect.map(MemoryUserRepository.make(), (repository) => ({ ...repository, ...change(repository) }))
  ).pipe(Layer.provideMerge(MemoryAuthRepository.layer({ accounts })))

const ada = new Profile({ id: users.ada.id, username: "ada", displayName: "Ada" })

bites(
  UserRepositoryContract.contract,
  "shows everybody the same profile",
  broken(() => ({ profile: Stream.succeed({ data: ada, origin: "cache", age: Duration.zero, pending: 0 }) }))
)

bites(
  UserRepositoryContract.contract,
  "keeps the first profile it has seen",
  broken((repository) => {
    let first: Stream.Stream.Success<Service["profile"]> | undefined
    return { profile: Stream.map(repository.profile, (snapshot) => (first ??= snapshot)) }
  })
)

bites(UserRepositoryContract.contract, "has nothing to show", broken(() => ({ profile: Stream.empty })))

bites(
  UserRepositoryContract.contract,
  "shows the profile twice",
  broken(({ profile }) => ({ profile: Stream.concat(profile, profile) }))
)
