import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream, TestClock } from "effect"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import { BufferedResponse } from "../../../../../src/infrastructure/network/api/transport/BufferedResponse.ts"
import { StreamingResponse } from "../../../../../src/infrastructure/network/api/transport/StreamingResponse.ts"
import type { CallInterceptor } from "../../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as ScriptedTransport from "../../../../../src/testing/ScriptedTransport.ts"
import * as CachedCalls from "./CachedCalls.ts"

const get = HttpClientRequest.get("http://api.test/notes")

/** A small answer first when it is wanted, then large ones that arrive while they are read, each after a second. */
const setting = (
  { small = false, wrap }: { small?: boolean; wrap?: (cache: typeof Cache.Service) => typeof Cache.Service } = {}
) =>
  Effect.gen(function*() {
    const state = { asked: 0, letGo: 0 }
    const large: CallInterceptor = {
      stage: "offline",
      around: () => (request) =>
        Effect.sync(() => {
          state.asked += 1
          const headers = { "cache-control": "max-age=10, stale-while-revalidate=30", etag: "\"1\"" }
          return small && state.asked === 1
            ? new BufferedResponse(request, 200, headers, new Uint8Array(1))
            : new StreamingResponse(request, 200, headers, {
              stream: Stream.make(new Uint8Array(3)),
              letGo: () => void (state.letGo += 1)
            })
        }).pipe(Effect.delay(small && state.asked === 0 ? 0 : "1 second"))
    }
    const cache = yield* Cache
    const send = yield* CachedCalls.make({ cache: wrap === undefined ? cache : wrap(cache) }, [large])
    return { send, state }
  }).pipe(Effect.provide(ScriptedTransport.make(() => ({})).layer))

describe("an answer too large to be kept", () => {
  it.scoped("is let go of when it was asked for in the background", () =>
    Effect.gen(function*() {
      const { send, state } = yield* setting({ small: true })
      yield* send(get)
      yield* TestClock.adjust("20 seconds")
      yield* send(get)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(state, { asked: 2, letGo: 1 })
    }).pipe(Effect.provide(MemoryCache.layer)))

  it.scoped("is let go of when the one who asked gave up, and others ask for themselves", () =>
    Effect.gen(function*() {
      const { send, state } = yield* setting()
      const first = yield* Effect.fork(send(get))
      yield* TestClock.adjust("400 millis")
      const second = yield* Effect.fork(send(get))
      yield* TestClock.adjust("400 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(state, { asked: 2, letGo: 1 })
      assert.strictEqual((yield* (yield* second).arrayBuffer).byteLength, 3)
    }).pipe(Effect.provide(MemoryCache.layer)))

  it.scoped("is let go of when the one who asked gives up before what it replaces is removed", () =>
    Effect.gen(function*() {
      const { send, state } = yield* setting({
        small: true,
        wrap: (cache) => ({ ...cache, removeTag: () => Effect.never })
      })
      yield* send(get)
      yield* TestClock.adjust("1 minute")
      const asking = yield* Effect.fork(send(get))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(asking)
      assert.deepStrictEqual(state, { asked: 2, letGo: 1 })
    }).pipe(Effect.provide(MemoryCache.layer)))

  it.scoped("belongs to the one who asked", () =>
    Effect.gen(function*() {
      const { send, state } = yield* setting()
      const asking = yield* Effect.fork(send(get))
      yield* TestClock.adjust("2 seconds")
      const response = yield* Fiber.join(asking)
      assert.deepStrictEqual(state, { asked: 1, letGo: 0 })
      assert.strictEqual((yield* response.arrayBuffer).byteLength, 3)
    }).pipe(Effect.provide(MemoryCache.layer)))
})
