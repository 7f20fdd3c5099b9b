/**
 * The cache against Debian's httpbin: its validators, its `Cache-Control`, and headers of the test's choice.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as httpbin from "../../../../support/httpbin.ts"
import * as CachedCalls from "./CachedCalls.ts"

const cached = Effect.gen(function*() {
  const url = yield* httpbin.start
  const send = yield* CachedCalls.make({ cache: yield* Cache })
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    send(HttpClientRequest.get(`${url}${path}`, { headers }))
  return { get, post: (path: string) => send(HttpClientRequest.post(`${url}${path}`)) }
})

const statusOf = ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => headers["cache-status"] ?? ""

describe.skipIf(!httpbin.isInstalled())("httpbin", () => {
  it.scopedLive("confirms what has a validator, is not asked for what is fresh, and sees every change", () =>
    Effect.gen(function*() {
      const { get, post } = yield* cached

      assert.include(statusOf(yield* get("/cache")), "stored")
      const confirmed = yield* get("/cache")
      assert.strictEqual(confirmed.status, 200)
      assert.include(statusOf(confirmed), "fwd-status=304")

      assert.include(statusOf(yield* get("/etag/tag")), "stored")
      assert.include(statusOf(yield* get("/etag/tag")), "fwd-status=304")
      assert.strictEqual((yield* get("/etag/tag", { "if-none-match": "tag" })).status, 304)

      const first = yield* get("/cache/60")
      const hit = yield* get("/cache/60")
      assert.include(statusOf(hit), "; hit; ttl=")
      assert.strictEqual(yield* hit.text, yield* first.text)
      yield* post("/cache/60")
      assert.include(statusOf(yield* get("/cache/60")), "hit", "405 changed nothing")

      const varying = "/response-headers?Cache-Control=max-age%3D60&Vary=X-Lang"
      yield* get(varying, { "x-lang": "de" })
      assert.include(statusOf(yield* get(varying, { "x-lang": "en" })), "fwd=vary-miss")
      assert.include(statusOf(yield* get(varying, { "x-lang": "de" })), "hit")
      yield* post(varying)
      assert.include(statusOf(yield* get(varying, { "x-lang": "de" })), "fwd=uri-miss")

      yield* get("/response-headers?Cache-Control=no-store")
      assert.notInclude(statusOf(yield* get("/response-headers?Cache-Control=no-store")), "hit")
    }).pipe(Effect.provide(Layer.merge(MemoryCache.layer, UndiciTransport.layer()))))
})
