import { Effect, Layer, Option, Stream } from "effect"
import { InvalidCredentials } from "../../../src/domain/auth/AuthFailure.ts"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { NotFound } from "../../../src/domain/network/RemoteFailure.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as AuthRepositoryContract from "../../../src/testing/contract/AuthRepositoryContract.ts"
import { passwords } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import { bites } from "../../../src/testing/vitest.ts"
import { accounts, users } from "../../support/ScriptedBackend.ts"

type Service = typeof AuthRepository.Service

const broken = (change: (auth: Service) => Partial<Service>) =>
  Layer.effect(
    AuthRepository,
    Effect.map(MemoryAuthRepository.make({ accounts }), (auth) => AuthRepository.of({ ...auth, ...change(auth) }))
  )

bites(
  AuthRepositoryContract.contract,
  "takes any password",
  broken((auth) => ({
    login: ({ username }) => {
      const account = accounts.find((each) => each.user.username === username)
      return account === undefined
        ? new InvalidCredentials()
        : auth.login({ username, password: account.password })
    }
  }))
)

bites(
  AuthRepositoryContract.contract,
  "tells which of username and password is wrong",
  broken((auth) => ({
    login: (request) => request.username in passwords ? auth.login(request) : new NotFound()
  }))
)

bites(
  AuthRepositoryContract.contract,
  "signs out before it signs in",
  broken((auth) => ({ login: (request) => Effect.zipRight(auth.logout, auth.login(request)) }))
)

bites(AuthRepositoryContract.contract, "stays signed in", broken(() => ({ logout: Effect.void })))

bites(AuthRepositoryContract.contract, "says nothing", broken(() => ({ changes: Stream.empty })))

bites(
  AuthRepositoryContract.contract,
  "replays what happened before",
  broken((auth) => ({
    changes: Stream.concat(Stream.succeed({ _tag: "SignedIn", user: users.grace } as const), auth.changes)
  }))
)

bites(AuthRepositoryContract.contract, "has users without sessions", broken(() => ({ session: Effect.succeedNone })))

bites(
  AuthRepositoryContract.contract,
  "knows somebody from the start",
  broken((auth) => ({ currentUser: Effect.map(auth.currentUser, Option.orElseSome(() => users.ada)) }))
)
