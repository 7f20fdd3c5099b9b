import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option, TestClock } from "effect"
import { UserId } from "../../../../../src/domain/auth/User.ts"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import * as ApiPolicy from "../../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as CacheKey from "../../../../../src/infrastructure/network/api/cache/CacheKey.ts"
import * as ResponseStore from "../../../../../src/infrastructure/network/api/cache/ResponseStore.ts"
import * as StoredResponse from "../../../../../src/infrastructure/network/api/cache/StoredResponse.ts"
import * as OriginState from "../../../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as Redirect from "../../../../../src/infrastructure/network/interceptors/Redirect.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as ScriptedTransport from "../../../../../src/testing/ScriptedTransport.ts"
import * as CachedCalls from "./CachedCalls.ts"

const url = "http://api.test/notes"
const get = HttpClientRequest.get(url)

/** The first write waits between the look whether it is still wanted and itself. */
const held = Effect.map(
  Effect.all({ begun: Deferred.make<void>(), go: Deferred.make<void>() }),
  ({ begun, go }) => ({
    begun: Deferred.await(begun),
    go: Deferred.succeed(go, undefined),
    wrap: (cache: typeof Cache.Service): typeof Cache.Service => ({
      ...cache,
      set: (region, key, value, options) =>
        Deferred.succeed(begun, undefined).pipe(
          Effect.zipRight(Deferred.await(go)),
          Effect.zipRight(cache.set(region, key, value, options))
        )
    })
  })
)

describe("an answer on its way into the cache", () => {
  it.effect("is not kept when a change comes meanwhile", () =>
    Effect.flatMap(held, ({ begun, go, wrap }) =>
      CachedCalls.using(
        ({ number, request }) =>
          request.method === "GET" ? { headers: { "cache-control": "max-age=600" }, body: String(number) } : {},
        (send, exchanges) =>
          Effect.gen(function*() {
            const first = yield* Effect.fork(send(get))
            yield* begun
            yield* send(HttpClientRequest.post(url))
            yield* go
            yield* Fiber.join(first)
            yield* send(get)
            assert.lengthOf(exchanges, 3)
          }),
        wrap
      )))

  it.scoped("is not kept when its account is purged meanwhile", () => {
    const transport = ScriptedTransport.make(() => ({ headers: { "cache-control": "max-age=600" } }))
    const ada = UserId.make("ada")
    const state = { user: Option.some(ada) }
    const tokens = CachedCalls.tokensOf(() => state.user)
    return Effect.gen(function*() {
      const cache = yield* Cache
      const { begun, go, wrap } = yield* held
      const send = yield* CachedCalls.make({ cache: wrap(cache), tokens })
      const first = yield* Effect.fork(send(get))
      yield* begun
      state.user = Option.none()
      yield* ResponseStore.purge(cache, ada)
      yield* go
      yield* Fiber.join(first)
      const left = yield* cache.get(StoredResponse.region, CacheKey.primary(ada, url))
      assert.isTrue(Option.isNone(left))
    }).pipe(Effect.provide(Layer.merge(transport.layer, MemoryCache.layer)))
  })
})

const renewable = ({ number, request }: ScriptedTransport.Exchange) => ({
  headers: { "cache-control": "max-age=10, stale-while-revalidate=60", etag: `"${number}"` },
  body: request.method === "HEAD" ? "" : String(number)
})

describe("what replaces a stale answer in the background", () => {
  for (
    const [who, asked] of [
      ["HEAD", HttpClientRequest.head(url)],
      ["a caller with conditions of its own", HttpClientRequest.setHeader(get, "if-none-match", "\"0\"")]
    ] as const
  ) {
    it.effect(`is the answer to a plain GET, also when ${who} found it stale`, () =>
      CachedCalls.using(renewable, (send, exchanges) =>
        Effect.gen(function*() {
          yield* send(get)
          yield* TestClock.adjust("20 seconds")
          yield* send(asked)
          yield* TestClock.adjust("1 second")
          const after = yield* send(get)
          assert.strictEqual(yield* after.text, "2")
          assert.deepStrictEqual(
            exchanges.map(({ request }) => [request.method, request.headers["if-none-match"]]),
            [["GET", undefined], ["GET", "\"1\""]]
          )
          assert.notInclude(after.headers["cache-status"], "fwd")
        })))
  }
})

const varying = ({ number, request }: ScriptedTransport.Exchange) =>
  request.method === "GET" ? { headers: { "cache-control": "max-age=600", vary: "x" }, body: String(number) } : {}

describe("answers that vary", () => {
  it.scoped("do not come back after a change, although what tells by which fields was evicted", () => {
    const transport = ScriptedTransport.make(varying)
    return Effect.gen(function*() {
      const cache = yield* Cache
      const send = yield* CachedCalls.make({ cache })
      const [a, b] = [HttpClientRequest.setHeader(get, "x", "a"), HttpClientRequest.setHeader(get, "x", "b")]
      yield* send(a)
      yield* cache.remove(StoredResponse.region, CacheKey.primary(CachedCalls.reader, url))
      yield* send(HttpClientRequest.post(url))
      yield* send(b)
      assert.strictEqual(yield* (yield* send(a)).text, "4")
      assert.strictEqual(yield* (yield* send(a)).text, "4")
      assert.strictEqual(yield* (yield* send(b)).text, "3")
    }).pipe(Effect.provide(Layer.merge(transport.layer, MemoryCache.layer)))
  })
})

const pages = ({ request }: ScriptedTransport.Exchange) =>
  Option.exists(HttpClientRequest.toUrl(request), ({ search }) => search === "?page=1")
    ? { headers: { "cache-control": "max-age=60" }, body: "page one" }
    : { status: 302, headers: { location: "/notes?page=1" } }

describe("what a redirect led to", () => {
  for (const query of [{}, { page: "0" }]) {
    it.scoped(`is not kept for the same path with another query, from ${JSON.stringify(query)}`, () => {
      const transport = ScriptedTransport.make(pages)
      return Effect.gen(function*() {
        const cache = yield* Cache
        const send = yield* CachedCalls.make({ cache }, [Redirect.make(yield* OriginState.OriginStates)])
        for (let each = 0; each < 2; each++) {
          const response = yield* send(HttpClientRequest.get(url, { urlParams: query }))
          assert.strictEqual(yield* response.text, "page one")
        }
        assert.lengthOf(transport.exchanges, 4)
        yield* send(HttpClientRequest.get(url, { urlParams: { page: "1" } }))
        yield* send(HttpClientRequest.get(`${url}?page=1`))
        assert.lengthOf(transport.exchanges, 5)
      }).pipe(
        Effect.provide(
          Layer.mergeAll(
            transport.layer,
            MemoryCache.layer,
            OriginState.layer.pipe(Layer.provideMerge(ApiPolicy.layer()))
          )
        )
      )
    })
  }
})
