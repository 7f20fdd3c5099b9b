import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { Forbidden, NotFound, Offline, Unauthenticated } from "../../../src/domain/network/RemoteFailure.ts"
import { UserRepository } from "../../../src/domain/user/UserRepository.ts"
import * as CachedUserRepository from "../../../src/infrastructure/datasources/CachedUserRepository.ts"
import * as MemoryAccessTokens from "../../../src/infrastructure/services/auth/MemoryAccessTokens.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as MemoryCache from "../../../src/infrastructure/storage/cache/MemoryCache.ts"
import { loginRequest } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import * as UserRepositoryContract from "../../../src/testing/contract/UserRepositoryContract.ts"
import { suite } from "../../../src/testing/vitest.ts"
import { accounts, ScriptedBackend, users } from "../../support/ScriptedBackend.ts"
import * as Apis from "../network/Apis.ts"
import * as ScriptedServer from "../network/ScriptedServer.ts"
import * as ScriptedTokens from "../network/ScriptedTokens.ts"

const adapter = (backend: ScriptedBackend) =>
  CachedUserRepository.layer.pipe(
    Layer.provide(backend.apiClient),
    Layer.provide(MemoryCache.layer),
    Layer.provide(MemoryAccessTokens.layer),
    Layer.provideMerge(MemoryAuthRepository.layer({ accounts }))
  )

suite(UserRepositoryContract.contract, "cached", Layer.suspend(() => adapter(new ScriptedBackend())))

const profile = Effect.flatMap(UserRepository, (repository) => Effect.flatten(Stream.runHead(repository.profile)))

const signedIn = <A, E>(body: (backend: ScriptedBackend) => Effect.Effect<A, E, UserRepository>) =>
  Effect.suspend(() => {
    const backend = new ScriptedBackend()
    return Effect.gen(function*() {
      const auth = yield* AuthRepository
      yield* auth.login(loginRequest("ada"))
      return yield* body(backend)
    }).pipe(Effect.provide(adapter(backend)))
  })

it.effect("asks the backend once in 60 seconds and says where the profile came from", () =>
  signedIn((backend) =>
    Effect.gen(function*() {
      const first = yield* profile
      assert.strictEqual(first.origin, "remote")
      yield* TestClock.adjust("59 seconds")
      const second = yield* profile
      assert.strictEqual(second.origin, "cache")
      assert.strictEqual(Duration.toSeconds(second.age), 59)
      yield* TestClock.adjust("2 seconds")
      const third = yield* profile
      assert.strictEqual(third.origin, "remote")
      assert.deepStrictEqual(backend.calls, ["profile.get", "profile.get"])
    })
  ))

it.effect("shows what was read last while the backend cannot answer, with the reason, for 30 days", () =>
  signedIn((backend) =>
    Effect.gen(function*() {
      const offline = (times: number) => backend.script.push(...Array.from({ length: times }, () => new Offline()))
      offline(1)
      assert.strictEqual((yield* Effect.flip(profile))._tag, "Offline")
      yield* profile
      offline(2)
      yield* TestClock.adjust("2 days")
      const stale = yield* profile
      assert.strictEqual(stale.origin, "cache")
      assert.strictEqual(stale.error?._tag, "Offline")
      assert.strictEqual(Duration.toDays(stale.age), 2)
      yield* TestClock.adjust("28 days")
      assert.strictEqual((yield* Effect.flip(profile))._tag, "Offline")
      assert.strictEqual((yield* profile).origin, "remote")
    })
  ))

it.effect("keeps nobody's profile as another's when the account changes while it is loaded", () => {
  let user = users.ada
  const tokens = ScriptedTokens.make({ user: () => user.id })
  const server = ScriptedServer.make((_, index) => {
    user = users.grace
    return index === 0
      ? ScriptedServer.json(503, {})
      : ScriptedServer.json(200, { ...users.grace, displayName: "Grace" })
  })
  return Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.flip(profile))
    yield* TestClock.adjust("10 minutes")
    assert.strictEqual((yield* Fiber.join(fiber))._tag, "Unauthenticated")
    assert.strictEqual(server.requests.length, 1)
    assert.strictEqual((yield* profile).data.displayName, "Grace")
  }).pipe(
    Effect.provide(
      CachedUserRepository.layer.pipe(
        Layer.provide(Apis.layer(server.layer, tokens.layer)),
        Layer.provide(MemoryCache.layer)
      )
    )
  )
})

it.effect.each([new Forbidden(), new NotFound(), new Unauthenticated()])(
  "shows nothing from before after the backend has answered %s",
  (answer) =>
    signedIn((backend) =>
      Effect.gen(function*() {
        yield* profile
        yield* TestClock.adjust("2 minutes")
        backend.script.push(answer)
        assert.strictEqual((yield* Effect.flip(profile))._tag, answer._tag)
        backend.script.push(new Offline())
        assert.strictEqual((yield* Effect.flip(profile))._tag, "Offline")
        assert.strictEqual((yield* profile).origin, "remote")
      })
    )
)
