import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import { DeadlineExceeded } from "../../../../../src/infrastructure/network/api/ApiError.ts"
import type { Phase } from "../../../../../src/infrastructure/network/api/ApiError.ts"
import type { CallInterceptor } from "../../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as ScriptedTransport from "../../../../../src/testing/ScriptedTransport.ts"
import * as CachedCalls from "./CachedCalls.ts"

const url = "http://api.test/notes"
const get = HttpClientRequest.get(url)

describe("304 to a request without conditions", () => {
  it.effect("is handed on, and not asked about again", () =>
    CachedCalls.using(
      ({ number }) => number > 9 ? { status: 500 } : { status: 304 },
      (send, exchanges) =>
        Effect.gen(function*() {
          assert.strictEqual((yield* send(get)).status, 304)
          assert.lengthOf(exchanges, 1)
        })
    ))
})

describe("an answer from later than now, because the clock was put back,", () => {
  for (const control of ["no-cache", "max-age=10, must-revalidate", "max-age=10, stale-while-revalidate=60"]) {
    it.effect(`is asked about when it came with ${control}`, () =>
      CachedCalls.using(
        ({ number }) => ({ headers: { "cache-control": control, etag: `"${number}"` }, body: String(number) }),
        (send, exchanges) =>
          Effect.gen(function*() {
            yield* TestClock.setTime(1e12)
            yield* send(get)
            for (const [asked, seconds] of [[2, 5], [3, 86_400]] as const) {
              yield* TestClock.setTime(1e12 - seconds * 1000)
              assert.strictEqual(yield* (yield* send(get)).text, String(asked))
            }
            assert.strictEqual(exchanges[1]?.request.headers["if-none-match"], "\"1\"")
          })
      ))
  }

  it.effect("serves offline, as old as it was when it came", () =>
    CachedCalls.using(
      () => ({ headers: { "cache-control": "max-age=10", age: "3" }, body: "kept" }),
      (send, _exchanges, line) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(1e12)
          yield* send(get)
          yield* TestClock.setTime(1e12 - 5000)
          line.cut = true
          const served = yield* send(get)
          assert.strictEqual(yield* served.text, "kept")
          assert.strictEqual(served.headers["age"], "3")
        })
    ))
})

describe("a stale answer", () => {
  it.effect("serves when no connection comes about, and not while all of our own are in use", () => {
    const { layer } = ScriptedTransport.make(() => ({ headers: { "cache-control": "max-age=10" }, body: "kept" }))
    let lost: Phase | undefined
    const line: CallInterceptor = {
      stage: "offline",
      around: (next) => (request, call) =>
        Effect.suspend(() =>
          lost === undefined
            ? next(request, call)
            : Effect.fail(new DeadlineExceeded({ phase: lost, scope: "attempt", sent: "no" }))
        )
    }
    return Effect.gen(function*() {
      const send = yield* CachedCalls.make({ cache: yield* Cache }, [line])
      yield* send(get)
      yield* TestClock.adjust("11 seconds")
      lost = "queue"
      assert.deepInclude(yield* Effect.flip(send(get)), { _tag: "DeadlineExceeded", phase: "queue" })
      lost = "connect"
      assert.strictEqual(yield* (yield* send(get)).text, "kept")
    }).pipe(Effect.provide([layer, MemoryCache.layer]), Effect.scoped)
  })
})
