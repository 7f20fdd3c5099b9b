import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import type { Redacted } from "effect"
import { AuthRepository } from "../../../../src/domain/auth/AuthRepository.ts"
import { Offline, Unavailable } from "../../../../src/domain/network/RemoteFailure.ts"
import { Locked } from "../../../../src/domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { AccessTokens } from "../../../../src/infrastructure/network/api/AccessTokens.ts"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as MemorySecureStore from "../../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import * as AccessTokensContract from "../../../../src/testing/contract/AccessTokensContract.ts"
import { loginRequest } from "../../../../src/testing/contract/AuthRepositoryContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { ScriptedBackend } from "../../../support/ScriptedBackend.ts"
import { adapter, client, credentials, machine, signedIn } from "../../../support/SessionClients.ts"

suite(AccessTokensContract.contract, "session", adapter)

const rejected = (generation: number) => Effect.flatMap(AccessTokens, (tokens) => tokens.rejected(generation))

const refreshes = (backend: ScriptedBackend) => backend.calls.filter((name) => name === "sessions.refresh").length

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
    }).pipe(
      Effect.provide(
        client(backend).pipe(Layer.provide(Layer.mergeAll(store, MemoryProcessLock.layer, MemoryCache.layer)))
      )
    )
  })
})
