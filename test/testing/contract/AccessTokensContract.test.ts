import { Effect, Layer, Option, Redacted } from "effect"
import { UserId } from "../../../src/domain/auth/User.ts"
import { AccessTokens } from "../../../src/infrastructure/network/api/AccessTokens.ts"
import * as MemoryAccessTokens from "../../../src/infrastructure/services/auth/MemoryAccessTokens.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as AccessTokensContract from "../../../src/testing/contract/AccessTokensContract.ts"
import { bites } from "../../../src/testing/vitest.ts"
import { accounts } from "../../support/ScriptedBackend.ts"

type Service = typeof AccessTokens.Service

const broken = (change: (tokens: Service) => Partial<Service>) =>
  Layer.effect(
    AccessTokens,
    Effect.map(MemoryAccessTokens.make, (tokens) => AccessTokens.of({ ...tokens, ...change(tokens) }))
  ).pipe(Layer.provideMerge(MemoryAuthRepository.layer({ accounts })))

bites(AccessTokensContract.contract, "ignores a rejection", broken(() => ({ rejected: () => Effect.void })))

bites(
  AccessTokensContract.contract,
  "refreshes for every caller",
  broken((tokens) => ({
    rejected: () =>
      Effect.flatMap(tokens.credentials({ method: "GET", url: "" }), ({ generation }) => tokens.rejected(generation))
  }))
)

bites(
  AccessTokensContract.contract,
  "forgets to say bearer",
  broken((tokens) => ({
    credentials: (request) =>
      Effect.map(tokens.credentials(request), ({ headers, ...rest }) => ({
        ...rest,
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, Redacted.make(Redacted.value(value).slice(7))])
        )
      }))
  }))
)

bites(
  AccessTokensContract.contract,
  "knows somebody who is not signed in",
  broken(() => ({ principal: Effect.succeed(Option.some(UserId.make("user-ada"))) }))
)

bites(
  AccessTokensContract.contract,
  "gives the rejected token again under a new generation",
  broken((tokens) => {
    let first: Readonly<Record<string, Redacted.Redacted<string>>> | undefined
    return {
      credentials: (request) =>
        Effect.map(tokens.credentials(request), ({ headers, ...rest }) => {
          first ??= headers
          return { ...rest, headers: first }
        })
    }
  })
)

bites(
  AccessTokensContract.contract,
  "names somebody else in its credentials",
  broken((tokens) => ({
    credentials: (request) =>
      Effect.map(tokens.credentials(request), (given) => ({ ...given, principal: UserId.make("user-grace") }))
  }))
)
