import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Inspectable, Layer, Option, Redacted, Stream, TestClock } from "effect"
import { AuthRepository } from "../../../../src/domain/auth/AuthRepository.ts"
import { Offline, Unavailable } from "../../../../src/domain/network/RemoteFailure.ts"
import { Locked } from "../../../../src/domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { AccessTokens } from "../../../../src/infrastructure/network/api/AccessTokens.ts"
import * as PasswordAuthRepository from "../../../../src/infrastructure/services/auth/PasswordAuthRepository.ts"
import * as PasswordSession from "../../../../src/infrastructure/services/auth/PasswordSession.ts"
import * as SessionAccessTokens from "../../../../src/infrastructure/services/auth/SessionAccessTokens.ts"
import { isFresh, SessionRecord } from "../../../../src/infrastructure/services/auth/SessionRecord.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as MemorySecureStore from "../../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import * as AccessTokensContract from "../../../../src/testing/contract/AccessTokensContract.ts"
import * as AuthRepositoryContract from "../../../../src/testing/contract/AuthRepositoryContract.ts"
import { loginRequest } from "../../../../src/testing/contract/AuthRepositoryContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { ScriptedBackend, users } from "../../../support/ScriptedBackend.ts"

const machine = Layer.merge(MemorySecureStore.layer, MemoryProcessLock.layer)

const client = (backend: ScriptedBackend) =>
  Layer.merge(PasswordAuthRepository.layer, SessionAccessTokens.layer).pipe(
    Layer.provide(PasswordSession.layer),
    Layer.provide(backend.plainApiClient)
  )

const adapter = Layer.suspend(() => Layer.provideMerge(client(new ScriptedBackend()), machine))

suite(AuthRepositoryContract.contract, "password", adapter)
suite(AccessTokensContract.contract, "session", adapter)

const credentials = Effect.flatMap(
  AccessTokens,
  (tokens) => tokens.credentials({ method: "GET", url: "https://api.example.com/v2/profile" })
)

const rejected = (generation: number) => Effect.flatMap(AccessTokens, (tokens) => tokens.rejected(generation))

const refreshes = (backend: ScriptedBackend) => backend.calls.filter((name) => name === "sessions.refresh").length

/** One device, signed in with tokens that live for 100 seconds. */
const signedIn = <A, E>(
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

describe("refresh", () => {
  it.effect("happens a fifth of the life before its end, not earlier", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const first = yield* credentials
        yield* TestClock.adjust("79 seconds")
        assert.strictEqual((yield* credentials).generation, first.generation)
        yield* TestClock.adjust("1 second")
        assert.notStrictEqual((yield* credentials).generation, first.generation)
        assert.strictEqual(refreshes(backend), 1)
      })
    ))

  it.effect("is one for all who ask at the same time", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 hour")
        backend.during = Effect.yieldNow()
        const all = yield* Effect.all(Array.from({ length: 50 }, () => credentials), { concurrency: "unbounded" })
        assert.strictEqual(new Set(all.map(({ generation }) => generation)).size, 1)
        assert.strictEqual(refreshes(backend), 1)
      })
    ))

  it.effect("goes on when the caller who started it gives up", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 hour")
        backend.during = Effect.sleep("1 second")
        const first = yield* Effect.fork(credentials)
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        const second = yield* Effect.fork(credentials)
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(second)
        assert.strictEqual(refreshes(backend), 1)
      })
    ))

  it.effect("keeps the session when the backend cannot be reached", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* TestClock.adjust("1 hour")
        backend.script.push(new Offline(), new Unavailable({}))
        assert.strictEqual((yield* Effect.flip(credentials))._tag, "Offline")
        assert.strictEqual((yield* Effect.flip(credentials))._tag, "Unavailable")
        assert.isTrue(Option.isSome(yield* auth.currentUser))
        yield* credentials
      })
    ))

  it.effect("gives up after ten seconds without an answer and keeps the session", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* TestClock.adjust("1 hour")
        backend.during = Effect.never
        const failure = yield* Effect.fork(Effect.flip(credentials))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(failure))._tag, "OutcomeUnknown")
        assert.isTrue(Option.isSome(yield* auth.currentUser))
      })
    ))

  it.effect("ends the session when the backend does not know it any more, and says so", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        const events = yield* auth.changes.pipe(Stream.take(1), Stream.runCollect, Effect.fork)
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        backend.sessions.length = 0
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* Effect.flip(credentials))._tag, "Unauthenticated")
        assert.isTrue(Option.isNone(yield* auth.currentUser))
        assert.deepStrictEqual(Array.from(yield* Fiber.join(events), ({ _tag }) => _tag), ["SessionExpired"])
        assert.isFalse(yield* Effect.flatMap(SecureStore, (store) => store.has("session")))
      })
    ))

  it.effect("does not bring back a session that was signed out meanwhile", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* TestClock.adjust("1 hour")
        backend.during = Effect.sleep("1 second")
        const refresh = yield* Effect.fork(Effect.exit(credentials))
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        const logout = yield* Effect.fork(auth.logout)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(logout)
        yield* Fiber.join(refresh)
        assert.isTrue(Option.isNone(yield* auth.currentUser))
        assert.strictEqual(backend.sessions.length, 0)
      })
    ))

  it.effect("adopts what another process stored, without a request", () =>
    Effect.gen(function*() {
      const backend = new ScriptedBackend()
      backend.expiresIn = 100
      const here = yield* Layer.build(Layer.fresh(client(backend)))
      const there = yield* Layer.build(Layer.fresh(client(backend)))
      yield* Effect.provide(Effect.flatMap(AuthRepository, (auth) => auth.login(loginRequest("ada"))), here)
      yield* TestClock.adjust("1 hour")
      backend.during = Effect.yieldNow()
      const [first, second] = yield* Effect.all(
        [Effect.provide(credentials, here), Effect.provide(credentials, there)],
        {
          concurrency: 2
        }
      )
      assert.strictEqual(first.generation, second.generation)
      assert.strictEqual(refreshes(backend), 1)
    }).pipe(Effect.provide(machine), Effect.scoped))

  it.effect("stores the new tokens later when the store fails, without spending the old ones again", () => {
    const backend = new ScriptedBackend()
    const failing = { now: false }
    const store = Layer.effect(
      SecureStore,
      Effect.map(SecureStore, (real) => ({
        ...real,
        set: (name: string, value: Redacted.Redacted<string>) =>
          Effect.suspend(() => failing.now ? new Locked({ fixes: [] }) : real.set(name, value))
      }))
    ).pipe(Layer.provide(MemorySecureStore.layer))
    return Effect.gen(function*() {
      const auth = yield* AuthRepository
      yield* auth.login(loginRequest("ada"))
      const { generation } = yield* credentials
      failing.now = true
      assert.strictEqual((yield* Effect.flip(rejected(generation)))._tag, "Locked")
      failing.now = false
      yield* rejected(generation)
      assert.notStrictEqual((yield* credentials).generation, generation)
      assert.strictEqual(refreshes(backend), 1)
      assert.strictEqual(backend.sessions.length, 1)
    }).pipe(Effect.provide(client(backend).pipe(Layer.provide(Layer.merge(store, MemoryProcessLock.layer)))))
  })
})

describe("the store", () => {
  it.effect("that is locked does not mean signed out", () => {
    const locked = new Locked({ fixes: ["unlock it"] })
    const store = Layer.succeed(SecureStore, {
      get: () => locked,
      set: () => locked,
      remove: () => locked,
      has: () => locked,
      list: locked,
      modify: () => locked
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
    }).pipe(Effect.provide(client(backend).pipe(Layer.provide(Layer.merge(store, MemoryProcessLock.layer)))))
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

  it.effect("tells a backend that cannot answer from wrong credentials", () =>
    signedIn((backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        backend.script.push(new Unavailable({}))
        assert.strictEqual((yield* Effect.flip(auth.login(loginRequest("ada"))))._tag, "Unavailable")
      })
    ))
})

describe("freshness", () => {
  const record = (expiresIn: number) =>
    new SessionRecord({
      version: 1,
      user: users.ada,
      startedAt: DateTime.unsafeMake(0),
      accessToken: Redacted.make("canary-a"),
      refreshToken: Redacted.make("canary-r"),
      obtainedAt: DateTime.unsafeMake(1_000_000),
      expiresIn,
      generation: 1
    })

  const at = (expiresIn: number) => ({
    fresh: (seconds: number) => isFresh(record(expiresIn), 1_000_000 + seconds * 1000)
  })

  it("is told by a record that prints no token", () => {
    assert.notInclude(`${record(1)} ${Inspectable.toStringUnknown(record(1))}`, "canary")
  })

  it("leaves a margin of a fifth, at least 5 and at most 60 seconds", () => {
    const { fresh: tenSeconds } = at(10)
    assert.deepStrictEqual([tenSeconds(4.9), tenSeconds(5)], [true, false])
    const { fresh: hour } = at(3600)
    assert.deepStrictEqual([hour(3539), hour(3540)], [true, false])
  })

  it("uses a life shorter than the margin up to its end", () => {
    const { fresh } = at(2)
    assert.deepStrictEqual([fresh(1.9), fresh(2)], [true, false])
  })

  it("does not believe an age of less than nothing", () => {
    const { fresh } = at(3600)
    assert.deepStrictEqual([fresh(-29), fresh(-31)], [true, false])
  })
})
