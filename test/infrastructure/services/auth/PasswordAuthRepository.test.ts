import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Redacted, TestClock } from "effect"
import { AuthRepository } from "../../../../src/domain/auth/AuthRepository.ts"
import { Offline, Unavailable } from "../../../../src/domain/network/RemoteFailure.ts"
import { Locked } from "../../../../src/domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { AccessTokens } from "../../../../src/infrastructure/network/api/AccessTokens.ts"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as AuthRepositoryContract from "../../../../src/testing/contract/AuthRepositoryContract.ts"
import { loginRequest } from "../../../../src/testing/contract/AuthRepositoryContract.ts"
import { withFaults } from "../../../../src/testing/Faults.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { ScriptedBackend } from "../../../support/ScriptedBackend.ts"
import { adapter, client, credentials, machine, signedIn } from "../../../support/SessionClients.ts"

suite(AuthRepositoryContract.contract, "password", adapter)

describe("the store", () => {
  it.effect("that is locked does not mean signed out", () => {
    const locked = new Locked({ fixes: ["unlock it"] })
    const store = Layer.succeed(SecureStore, {
      get: () => locked,
      set: () => locked,
      remove: () => locked,
      has: () => locked,
      list: locked,
      modify: () => locked,
      transaction: () => locked,
      changes: locked
    })
    const backend = new ScriptedBackend()
    return Effect.gen(function*() {
      const auth = yield* AuthRepository
      const tokens = yield* AccessTokens
      const tags = [
        yield* Effect.flip(auth.currentUser),
        yield* Effect.flip(auth.session),
        yield* Effect.flip(auth.login(loginRequest("ada"))),
        yield* Effect.flip(auth.logout),
        yield* Effect.flip(credentials),
        yield* Effect.flip(tokens.principal)
      ].map(({ _tag }) => _tag)
      assert.deepStrictEqual(tags, Array.from(tags, () => "Locked"))
      assert.deepStrictEqual(backend.calls, [], "the password was sent although the session could not be kept")
    }).pipe(
      Effect.provide(
        client(backend).pipe(Layer.provide(Layer.mergeAll(store, MemoryProcessLock.layer, MemoryCache.layer)))
      )
    )
  })

  it.effect("keeps an entry of a newer version, which is not signed out either, until somebody signs out", () =>
    signedIn(() =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        const store = yield* SecureStore
        yield* store.set("session", Redacted.make("{\"version\":2,\"secret\":\"canary\"}"))
        const failure = yield* Effect.flip(auth.currentUser)
        assert.strictEqual(failure._tag, "NewerThanApp")
        assert.notInclude(String(failure), "canary")
        yield* store.set("session", Redacted.make("not json"))
        assert.strictEqual((yield* Effect.flip(auth.currentUser))._tag, "Corrupt")
        yield* auth.logout
        assert.isTrue(Option.isNone(yield* auth.currentUser))
      })
    ))
})

describe("signing in and out", () => {
  it.effect("revokes the session that was replaced, and the one that ended", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* auth.login(loginRequest("grace"))
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        assert.deepStrictEqual(backend.sessions.map(({ user }) => user.username), ["grace"])
        yield* auth.logout
        assert.deepStrictEqual(backend.sessions, [])
      })
    ))

  it.effect("signs out offline and while the backend hangs, within five seconds", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        backend.script.push(new Offline())
        yield* auth.logout
        assert.isTrue(Option.isNone(yield* auth.currentUser))
        yield* auth.login(loginRequest("ada"))
        backend.during = Effect.never
        const logout = yield* Effect.fork(auth.logout)
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(logout)
        assert.isTrue(Option.isNone(yield* auth.currentUser))
      })
    ))

  it.effect("keeps the session whose sign-in was interrupted while it was stored", () => {
    const backend = new ScriptedBackend()
    return Effect.gen(function*() {
      const faults = yield* withFaults(SecureStore, machine)
      yield* faults.delay("set", "10 seconds")
      yield* Effect.gen(function*() {
        const auth = yield* AuthRepository
        const login = yield* Effect.fork(auth.login(loginRequest("ada")))
        yield* TestClock.adjust("5 seconds")
        const interrupting = yield* Effect.fork(Fiber.interrupt(login))
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(interrupting)
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        assert.strictEqual(Option.getOrThrow(yield* auth.currentUser).username, "ada")
        assert.deepStrictEqual(backend.calls, ["sessions.create"])
      }).pipe(Effect.provide(Layer.provideMerge(client(backend), faults.layer)))
    })
  })

  it.effect("revokes the session that could not be stored", () => {
    const backend = new ScriptedBackend()
    return Effect.gen(function*() {
      const faults = yield* withFaults(SecureStore, machine)
      yield* faults.fail("set", new Locked({ fixes: ["unlock it"] }))
      yield* Effect.gen(function*() {
        const auth = yield* AuthRepository
        assert.strictEqual((yield* Effect.flip(auth.login(loginRequest("ada"))))._tag, "Locked")
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        assert.isTrue(Option.isNone(yield* auth.currentUser))
        assert.deepStrictEqual(backend.sessions, [])
      }).pipe(Effect.provide(Layer.provideMerge(client(backend), faults.layer)))
    })
  })

  it.effect("tells a backend that cannot answer from wrong credentials", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        backend.script.push(new Unavailable({}))
        assert.strictEqual((yield* Effect.flip(auth.login(loginRequest("ada"))))._tag, "Unavailable")
      })
    ))
})
