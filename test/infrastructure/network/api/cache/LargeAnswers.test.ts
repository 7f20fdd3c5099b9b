import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import { maxBufferedBytes } from "../../../../../src/infrastructure/network/api/transport/BufferedResponse.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as ScriptedTransport from "../../../../../src/testing/ScriptedTransport.ts"
import * as CachedCalls from "./CachedCalls.ts"

const get = HttpClientRequest.get("http://api.test/notes")

const large = new Uint8Array(maxBufferedBytes + 1)

/** A small answer first when it is wanted, then large ones, each after a second. `letGo` is told of every answer. */
const setting = (
  { small = false, wrap }: { small?: boolean; wrap?: (cache: typeof Cache.Service) => typeof Cache.Service } = {}
) => {
  const headers = { "cache-control": "max-age=10, stale-while-revalidate=30", etag: "\"1\"" }
  const { exchanges, layer } = ScriptedTransport.make(({ number }) =>
    small && number === 1 ? { headers, body: "small" } : { latency: "1 second", headers, body: large }
  )
  return Effect.gen(function*() {
    const cache = yield* Cache
    const send = yield* CachedCalls.make({ cache: wrap === undefined ? cache : wrap(cache) })
    return { send, letGo: () => exchanges.map(({ isLetGo }) => isLetGo) }
  }).pipe(Effect.provide(layer))
}

describe("an answer too large to be kept", () => {
  it.scoped("is let go of when it was asked for in the background", () =>
    Effect.gen(function*() {
      const { letGo, send } = yield* setting({ small: true })
      yield* send(get)
      yield* TestClock.adjust("20 seconds")
      yield* send(get)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(letGo(), [false, true])
    }).pipe(Effect.provide(MemoryCache.layer)))

  it.scoped("is let go of when the one who asked gave up, and others ask for themselves", () =>
    Effect.gen(function*() {
      const { letGo, send } = yield* setting()
      const first = yield* Effect.fork(send(get))
      yield* TestClock.adjust("400 millis")
      const second = yield* Effect.fork(send(get))
      yield* TestClock.adjust("400 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(letGo(), [true, false])
      assert.strictEqual((yield* (yield* second).arrayBuffer).byteLength, large.length)
    }).pipe(Effect.provide(MemoryCache.layer)))

  it.scoped("is let go of when the one who asked gives up before what it replaces is removed", () =>
    Effect.gen(function*() {
      const { letGo, send } = yield* setting({
        small: true,
        wrap: (cache) => ({ ...cache, removeTag: () => Effect.never })
      })
      yield* send(get)
      yield* TestClock.adjust("1 minute")
      const asking = yield* Effect.fork(send(get))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(asking)
      assert.deepStrictEqual(letGo(), [false, true])
    }).pipe(Effect.provide(MemoryCache.layer)))

  it.scoped("belongs to the one who asked", () =>
    Effect.gen(function*() {
      const { letGo, send } = yield* setting()
      const asking = yield* Effect.fork(send(get))
      yield* TestClock.adjust("2 seconds")
      const response = yield* Fiber.join(asking)
      assert.deepStrictEqual(letGo(), [false])
      assert.strictEqual((yield* response.arrayBuffer).byteLength, large.length)
    }).pipe(Effect.provide(MemoryCache.layer)))
})
