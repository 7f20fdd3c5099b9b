/**
 * What every `AccessTokens` must do, beside an `AuthRepository` as its contract asks for it. Not covered: how long
 * tokens live, other processes.
 */
import { Effect, Inspectable, Option, Redacted } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import { AccessTokens } from "../../infrastructure/network/api/AccessTokens.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { loginRequest } from "./AuthRepositoryContract.ts"

const request = { method: "GET", url: "https://api.example.com/v2/profile" }

const credentials = Effect.flatMap(AccessTokens, (tokens) => tokens.credentials(request))

const signIn = Effect.flatMap(AuthRepository, (auth) => auth.login(loginRequest("ada")))

const bearer = (headers: Readonly<Record<string, Redacted.Redacted<string>>>) => {
  const header = headers["authorization"]
  return header === undefined ? "" : Redacted.value(header)
}

/** Nothing to give out: nobody is signed in. */
const signedOut = Effect.gen(function*() {
  const tokens = yield* AccessTokens
  yield* ensure(Option.isNone(yield* tokens.principal), "there is a principal")
  const failure = yield* Effect.flip(credentials)
  yield* ensure(failure._tag === "Unauthenticated", `credentials failed with ${failure._tag}`)
  const refused = yield* Effect.flip(tokens.rejected(1))
  yield* ensure(refused._tag === "Unauthenticated", `rejected failed with ${refused._tag}`)
})

export const contract: Contract<AccessTokens | AuthRepository> = {
  name: "AccessTokens",
  cases: [
    contractCase("has nothing while nobody is signed in", signedOut),
    contractCase(
      "gives a bearer token, the same while it is good",
      Effect.gen(function*() {
        yield* signIn
        const first = yield* credentials
        const second = yield* credentials
        yield* ensure(/^Bearer \S+$/.test(bearer(first.headers)), "the header is no bearer token")
        yield* ensure(bearer(first.headers) === bearer(second.headers), "the token changed")
        yield* ensure(first.generation === second.generation, "the generation changed")
      })
    ),
    contractCase(
      "knows the principal",
      Effect.gen(function*() {
        const user = yield* signIn
        const principal = yield* Effect.flatMap(AccessTokens, (tokens) => tokens.principal)
        yield* ensure(Option.contains(principal, user.id), "the principal is somebody else")
        yield* ensure((yield* credentials).principal === user.id, "the credentials are somebody else's")
      })
    ),
    contractCase(
      "replaces a rejected generation",
      Effect.gen(function*() {
        const tokens = yield* AccessTokens
        yield* signIn
        const before = yield* credentials
        yield* tokens.rejected(before.generation)
        const after = yield* credentials
        yield* ensure(after.generation !== before.generation, "the generation is the same")
        yield* ensure(bearer(after.headers) !== bearer(before.headers), "the token is the same")
      })
    ),
    contractCase(
      "keeps what is newer than the rejected generation",
      Effect.gen(function*() {
        const tokens = yield* AccessTokens
        yield* signIn
        const { generation } = yield* credentials
        yield* tokens.rejected(generation)
        const renewed = yield* credentials
        yield* tokens.rejected(generation)
        const after = yield* credentials
        yield* ensure(after.generation === renewed.generation, "it was replaced once more")
      })
    ),
    contractCase(
      "serves all callers who were rejected together by one new generation",
      Effect.gen(function*() {
        const tokens = yield* AccessTokens
        yield* signIn
        const { generation } = yield* credentials
        const all = yield* Effect.forEach(
          Array.from({ length: 10 }),
          () => Effect.zipRight(tokens.rejected(generation), credentials),
          { concurrency: 10 }
        )
        const renewed = new Set(all.map((each) => each.generation))
        yield* ensure(renewed.size === 1 && !renewed.has(generation), `${renewed.size} generations`)
      })
    ),
    contractCase(
      "has nothing after signing out",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* signIn
        yield* auth.logout
        yield* signedOut
      })
    ),
    contractCase(
      "shows no token when printed",
      Effect.gen(function*() {
        yield* signIn
        const given = yield* credentials
        const token = bearer(given.headers).replace("Bearer ", "")
        yield* ensure(token.length > 0 && !Inspectable.toStringUnknown(given).includes(token), "the token is visible")
      })
    )
  ]
}
