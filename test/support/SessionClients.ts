/** Clients of the password API on one machine. */
import { Effect, Layer } from "effect"
import { AuthRepository } from "../../src/domain/auth/AuthRepository.ts"
import type { SecureStore } from "../../src/domain/storage/SecureStore.ts"
import { AccessTokens } from "../../src/infrastructure/network/api/AccessTokens.ts"
import * as PasswordAuthRepository from "../../src/infrastructure/services/auth/PasswordAuthRepository.ts"
import * as PasswordSession from "../../src/infrastructure/services/auth/PasswordSession.ts"
import * as SessionAccessTokens from "../../src/infrastructure/services/auth/SessionAccessTokens.ts"
import * as MemoryCache from "../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as MemoryProcessLock from "../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as MemorySecureStore from "../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import { loginRequest } from "../../src/testing/contract/AuthRepositoryContract.ts"
import { ScriptedBackend } from "./ScriptedBackend.ts"

/** What the processes of a machine share. */
export const machine = Layer.mergeAll(MemorySecureStore.layer, MemoryProcessLock.layer, MemoryCache.layer)

/** One process. */
export const client = (backend: ScriptedBackend) =>
  Layer.merge(PasswordAuthRepository.layer, SessionAccessTokens.layer).pipe(
    Layer.provide(PasswordSession.layer),
    Layer.provide(backend.plainApiClient)
  )

/** One process on a machine of its own, at a backend of its own. */
export const adapter = Layer.suspend(() => Layer.provideMerge(client(new ScriptedBackend()), machine))

export const credentials = Effect.flatMap(
  AccessTokens,
  (tokens) => tokens.credentials({ method: "GET", url: "https://api.example.com/v2/profile" })
)

/** One process, signed in with tokens that live for 100 seconds. */
export const signedIn = <A, E>(
  body: (backend: ScriptedBackend) => Effect.Effect<A, E, AuthRepository | AccessTokens | SecureStore>
) =>
  Effect.suspend(() => {
    const backend = new ScriptedBackend()
    backend.expiresIn = 100
    return Effect.gen(function*() {
      const auth = yield* AuthRepository
      yield* auth.login(loginRequest("ada"))
      return yield* body(backend)
    }).pipe(Effect.provide(Layer.provideMerge(client(backend), machine)))
  })
