import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Fiber, Redacted, Stream, TestClock } from "effect"
import { UserId } from "../../../../src/domain/auth/User.ts"
import * as CallOptions from "../../../../src/infrastructure/network/api/CallOptions.ts"
import * as Auth from "../../../../src/infrastructure/network/interceptors/Auth.ts"
import type * as ScriptedTransport from "../../../../src/testing/ScriptedTransport.ts"
import { EventClock } from "../EventClock.ts"
import * as Fused from "../Fused.ts"
import * as AuthCases from "./AuthCases.ts"

const options = { origin: Fused.origin, limit: "10 seconds" } as const

const over = (
  cases: Pick<ReturnType<typeof AuthCases.make>, "tokens">,
  script: ScriptedTransport.Script
) => Effect.map(Auth.make(cases.tokens, options), (auth) => Fused.make([auth], script))

const statusOf = <E>(result: Either.Either<{ readonly status: number }, E>) =>
  Either.isRight(result) ? result.right.status : 0

describe("Auth", () => {
  it.scoped("asks once for new tokens for eight expired calls together and one whose 401 comes late", () =>
    Effect.gen(function*() {
      const cases = AuthCases.make({ replacement: () => ({ takes: "2 seconds", ends: "renewed" }) })
      const { exchanges, send } = yield* over(cases, ({ number, request }) => ({
        latency: number === 1 ? "20 seconds" : "50 millis",
        status: AuthCases.generationOf(request.headers["authorization"]) === 1 ? 401 : 200
      }))
      const fibers = yield* Effect.forEach(Array.from({ length: 9 }), () => Effect.fork(send()))
      yield* TestClock.adjust("1 minute")
      const answers = yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(answers.map(({ status }) => status), Array.from({ length: 9 }, () => 200))
      assert.deepStrictEqual(cases.state.rejected, [1])
      assert.lengthOf(exchanges, 18)
    }).pipe(Effect.provide(Fused.origins)))

  it.scoped("takes newer tokens that are there already, and rejects none for them", () =>
    Effect.gen(function*() {
      const cases = AuthCases.make({})
      const { exchanges, send } = yield* over(cases, ({ number }) => {
        cases.state.generation = 2
        return { status: number === 1 ? 401 : 200 }
      })
      assert.strictEqual((yield* send()).status, 200)
      assert.deepStrictEqual(
        exchanges.map(({ request }) => request.headers["authorization"]),
        ["Bearer token-1", "Bearer token-2"]
      )
      assert.deepStrictEqual(cases.state.rejected, [])
    }).pipe(Effect.provide(Fused.origins)))

  it.scoped("hands a second 401 on, without a third request", () =>
    Effect.gen(function*() {
      const cases = AuthCases.make({})
      const { exchanges, send } = yield* over(cases, () => ({ status: 401 }))
      assert.strictEqual((yield* send()).status, 401)
      assert.lengthOf(exchanges, 2)
      assert.deepStrictEqual(cases.state.rejected, [1])
    }).pipe(Effect.provide(Fused.origins)))

  it.scoped("keeps the answer that it does not hand on in the history of the call", () =>
    Effect.gen(function*() {
      const cases = AuthCases.make({})
      const { fused } = yield* over(cases, cases.backend(() => "3 seconds"))
      const call = yield* Fused.callOf(Fused.get)
      const fiber = yield* Effect.fork(fused(Fused.get, call))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepInclude(call.attempts[0], { number: 1, cause: "401", status: 401, delayBefore: 0 })
    }).pipe(Effect.provide(Fused.origins)))

  for (
    const [challenge, sends] of [
      [undefined, 2],
      ["Bearer", 2],
      ["bearer realm=\"a, b\", error=\"invalid_token\"", 2],
      ["Basic realm=\"x\", Bearer", 2],
      ["Basic realm=\"bearer, Bearer\"", 1],
      ["DPoP", 1],
      ["Bearer error=\"insufficient_scope\"", 1],
      ["Bearer error=insufficient_scope, scope=\"write\"", 1]
    ] as const
  ) {
    it.scoped(`sends ${sends === 1 ? "nothing" : "once"} more after a 401 with ${challenge ?? "no challenge"}`, () =>
      Effect.gen(function*() {
        const headers = challenge === undefined ? {} : { "www-authenticate": challenge }
        const { exchanges, send } = yield* over(AuthCases.make({}), () => ({ status: 401, headers }))
        yield* send()
        assert.lengthOf(exchanges, sends)
      }).pipe(Effect.provide(Fused.origins)))
  }

  it.scoped("gives credentials to the backend alone", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* over(AuthCases.make({}), () => ({ status: 401 }))
      for (const url of ["http://api.test:80801/", "http://api.test:8080.evil.test/", "https://api.test:8080/"]) {
        yield* send(HttpClientRequest.get(url))
      }
      assert.deepStrictEqual(exchanges.map(({ request }) => request.headers["authorization"]), [
        undefined,
        undefined,
        undefined
      ])
    }).pipe(Effect.provide(Fused.origins)))

  it.scoped("has the tokens replaced but does not send a body again that can be read once", () =>
    Effect.gen(function*() {
      const cases = AuthCases.make({})
      const { exchanges, send } = yield* over(cases, cases.backend())
      const once = HttpClientRequest.post(Fused.get.url).pipe(
        HttpClientRequest.bodyStream(Stream.make(new Uint8Array([1])))
      )
      const failure = yield* Effect.flip(send(once))
      assert.deepInclude(failure, { _tag: "BodyNotReplayable", outcome: "rejected" })
      assert.lengthOf(exchanges, 1)
      assert.deepStrictEqual(cases.state.rejected, [1])
      const again = yield* send(once, { options: { replayableBody: true } })
      assert.strictEqual(again.status, 200)
    }).pipe(Effect.provide(Fused.origins)))

  for (const waiting of ["credentials", "a replacement"]) {
    it.scoped(`waits no longer for ${waiting} than the call may take, and names the phase`, () =>
      Effect.gen(function*() {
        const cases = AuthCases.make(
          waiting === "credentials" ? { slow: () => "1 day" } : { replacement: () => ({ ends: "never" }) }
        )
        const { exchanges, send } = yield* over(cases, cases.backend())
        const fiber = yield* Effect.fork(Effect.flip(send(Fused.get, { total: 5000 })))
        yield* TestClock.adjust("4999 millis")
        assert.isNull(fiber.unsafePoll())
        yield* TestClock.adjust("1 millis")
        assert.deepInclude(yield* Fiber.join(fiber), { _tag: "DeadlineExceeded", phase: "auth", scope: "total" })
        assert.lengthOf(exchanges, waiting === "credentials" ? 0 : 1)
      }).pipe(Effect.provide(Fused.origins)))
  }

  it.effect("sends nothing for a caller who was interrupted while tokens are replaced, and serves the others", () => {
    const clock = new EventClock()
    return Effect.gen(function*() {
      const cases = AuthCases.make({ replacement: () => ({ takes: "5 seconds", ends: "renewed" }) })
      const { exchanges, send } = yield* over(cases, cases.backend())
      const starter = yield* Effect.fork(send(Fused.get, { total: 60_000 }))
      yield* Effect.sleep("1 second")
      const other = yield* Effect.fork(send(Fused.get, { total: 60_000 }))
      yield* Effect.sleep("1 second")
      yield* Fiber.interrupt(starter)
      assert.lengthOf(exchanges, 1)
      assert.strictEqual((yield* Fiber.join(other)).status, 200)
      yield* Effect.sleep("1 hour")
      assert.lengthOf(exchanges, 2)
      assert.deepStrictEqual(cases.state.rejected, [1])
      assert.strictEqual(clock.timers, 0)
    }).pipe(Effect.scoped, Effect.provide(Fused.origins), Effect.withClock(clock))
  })

  for (const waiting of ["credentials", "a replacement"]) {
    it.effect(`leaves no timer and sends nothing when the only caller is interrupted while it waits for ${waiting}`, () => {
      const clock = new EventClock()
      return Effect.gen(function*() {
        const cases = AuthCases.make(
          waiting === "credentials"
            ? { slow: () => "5 seconds" }
            : { replacement: () => ({ takes: "5 seconds", ends: "renewed" }) }
        )
        const { exchanges, send } = yield* over(cases, cases.backend())
        const fiber = yield* Effect.fork(send(Fused.get, { total: 60_000 }))
        yield* Effect.sleep("1 second")
        const sent = exchanges.length
        yield* Fiber.interrupt(fiber)
        // The replacement itself goes on, with its own limit.
        assert.strictEqual(clock.timers, waiting === "credentials" ? 0 : 2)
        yield* Effect.sleep("1 hour")
        assert.lengthOf(exchanges, sent)
        assert.strictEqual(clock.timers, 0)
      }).pipe(Effect.scoped, Effect.provide(Fused.origins), Effect.withClock(clock))
    })
  }

  it.scoped("tells why there are no credentials", () =>
    Effect.gen(function*() {
      for (const [ends, tag] of [["failed", "AuthUnavailable"], ["over", "SessionExpired"]] as const) {
        const cases = AuthCases.make({ replacement: () => ({ ends }) })
        const { exchanges, send } = yield* over(cases, cases.backend())
        assert.strictEqual((yield* Effect.flip(send()))._tag, tag)
        assert.strictEqual(statusOf(yield* Effect.either(send())), 0)
        assert.lengthOf(exchanges, ends === "failed" ? 2 : 1)
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.scoped("sends the next attempt of a call for its own account only", () =>
    Effect.gen(function*() {
      let principal = "ada"
      const tokens = {
        credentials: () =>
          Effect.sync(() => ({
            principal: UserId.make(principal),
            generation: principal === "ada" ? 7 : 3,
            headers: { authorization: Redacted.make(`Bearer ${principal}`) }
          })),
        rejected: () => Effect.void,
        principal: Effect.succeedNone
      }
      const { exchanges, send } = yield* over({ tokens }, () => {
        principal = "grace"
        return { status: 401 }
      })
      assert.strictEqual((yield* Effect.flip(send()))._tag, "SessionExpired")
      assert.lengthOf(exchanges, 1)
    }).pipe(Effect.provide(Fused.origins)))

  it.scoped("keeps what the caller said of the request from those that bring tokens", () =>
    Effect.gen(function*() {
      const seen = yield* Deferred.make<CallOptions.CallOptions>()
      const cases = AuthCases.make({})
      const tokens = {
        ...cases.tokens,
        rejected: (generation: number) =>
          Effect.zipRight(Deferred.complete(seen, CallOptions.options), cases.tokens.rejected(generation))
      }
      const { send } = yield* over({ tokens }, cases.backend())
      yield* CallOptions.idempotencyKey("key-of-the-caller")(send())
      assert.deepStrictEqual(yield* Deferred.await(seen), {})
    }).pipe(Effect.provide(Fused.origins)))

  it.scoped("does not begin to ask for tokens that nobody has time to wait for", () =>
    Effect.gen(function*() {
      let asked = 0
      const tokens = {
        ...AuthCases.make({}).tokens,
        credentials: () =>
          Effect.suspend(() => {
            asked++
            return Effect.never
          })
      }
      const { exchanges, send } = yield* over({ tokens }, () => ({}))
      const failure = yield* Effect.flip(send(Fused.get, { total: 0 }))
      assert.deepInclude(failure, { _tag: "DeadlineExceeded", phase: "auth", sent: "no" })
      assert.strictEqual(asked, 0)
      assert.lengthOf(exchanges, 0)
    }).pipe(Effect.provide(Fused.origins)))

  it.scoped("starts another replacement after one that took too long and cannot be interrupted", () =>
    Effect.gen(function*() {
      const cases = AuthCases.make({})
      const stuck = yield* Deferred.make<void>()
      yield* Effect.addFinalizer(() => Deferred.succeed(stuck, undefined))
      let rejected = 0
      const tokens = {
        ...cases.tokens,
        rejected: (generation: number) =>
          Effect.suspend(() =>
            rejected++ === 0 ? Effect.uninterruptible(Deferred.await(stuck)) : cases.tokens.rejected(generation)
          )
      }
      const { send } = yield* over({ tokens }, cases.backend())
      const tags: Array<string> = []
      for (let number = 0; number < 2; number++) {
        const fiber = yield* Effect.fork(Effect.either(send(Fused.get, { total: 40_000 })))
        yield* TestClock.adjust("41 seconds")
        const result = yield* Fiber.join(fiber)
        tags.push(Either.isRight(result) ? String(result.right.status) : result.left._tag)
      }
      assert.deepStrictEqual(tags, ["AuthUnavailable", "200"])
      assert.strictEqual(rejected, 2)
    }).pipe(Effect.provide(Fused.origins)))
})
