import { Context, Effect, Layer, Option } from "effect"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { LoginRequest } from "../../../src/domain/auth/LoginRequest.ts"
import { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import * as TestEnvironment from "../../../src/infrastructure/environments/Test.ts"
import { loginRequest } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import * as NoteSyncContract from "../../../src/testing/contract/NoteSyncContract.ts"
import { suite } from "../../../src/testing/vitest.ts"

/** Whoever signs in is the account that the backend starts with. */
const oneAccount = (auth: typeof AuthRepository.Service) =>
  AuthRepository.of({
    ...auth,
    login: () =>
      Effect.flatMap(TestEnvironment.account, (account) => auth.login(new LoginRequest(Option.getOrThrow(account))))
  })

const device = Layer.map(
  TestEnvironment.main,
  (context) => Context.add(context, AuthRepository, oneAccount(Context.get(context, AuthRepository)))
)

const otherDevice = Layer.effect(
  NoteSyncContract.OtherDevice,
  Effect.gen(function*() {
    const auth = yield* AuthRepository
    yield* Effect.orDie(oneAccount(auth).login(loginRequest("ada")))
    return yield* NoteRepository
  })
).pipe(Layer.provide(Layer.fresh(TestEnvironment.device("other"))))

suite(
  NoteSyncContract.contract,
  "synced, over the embedded backend",
  Layer.provide(Layer.merge(device, otherDevice), TestEnvironment.backend)
)
