import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { UserId } from "../../../../../src/domain/auth/User.ts"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import * as Unkept from "../../../../../src/infrastructure/network/api/cache/Unkept.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as ScriptedTransport from "../../../../../src/testing/ScriptedTransport.ts"
import * as CachedCalls from "./CachedCalls.ts"

const url = "http://api.test/notes"
const get = (headers: Readonly<Record<string, string>> = {}) => HttpClientRequest.get(url, { headers })

describe("an answer that cannot be kept", () => {
  it.effect("costs later requests no look", () => {
    const looks = { count: 0 }
    return CachedCalls.using(
      () => ({ headers: { "cache-control": "no-store" } }),
      (send) =>
        Effect.gen(function*() {
          for (let each = 0; each < 3; each++) yield* send(get())
          assert.strictEqual(looks.count, 1)
        }),
      (cache) => ({
        ...cache,
        get: (region, key) => Effect.zipRight(Effect.sync(() => looks.count += 1), cache.get(region, key))
      })
    )
  })

  it.effect("hides none that is kept for other fields of the request", () =>
    CachedCalls.using(
      ({ request }) => ({
        headers: request.headers["accept"] === "text/csv"
          ? { "cache-control": "no-store" }
          : { "cache-control": "max-age=600", vary: "accept" }
      }),
      (send, _exchanges, line) =>
        Effect.gen(function*() {
          for (const accept of ["text/csv", "application/json", "text/csv"]) yield* send(get({ accept }))
          line.cut = true
          assert.strictEqual((yield* send(get({ accept: "application/json" }))).status, 200)
        })
    ))

  it.scoped("hides none of another account", () => {
    const state = { user: "bob" }
    const transport = ScriptedTransport.make(() => ({
      headers: { "cache-control": state.user === "bob" ? "max-age=600" : "no-store" },
      body: state.user
    }))
    const tokens = CachedCalls.tokensOf(() => Option.some(UserId.make(state.user)))
    return Effect.gen(function*() {
      const send = yield* CachedCalls.make({ cache: yield* Cache, tokens })
      for (const user of ["bob", "ada", "bob", "ada"]) {
        state.user = user
        assert.strictEqual(yield* (yield* send(get())).text, user)
      }
      assert.lengthOf(transport.exchanges, 3)
    }).pipe(Effect.provide(Layer.merge(transport.layer, MemoryCache.layer)))
  })

  it.effect("is none to a caller that has it already", () =>
    CachedCalls.using(
      ({ request }) =>
        request.headers["if-none-match"] === undefined
          ? { headers: { "cache-control": "max-age=600", etag: "\"1\"" } }
          : { status: 304, headers: { etag: "\"1\"" } },
      (send, exchanges) =>
        Effect.gen(function*() {
          const holding = get({ "if-none-match": "\"1\"" })
          for (let each = 0; each < 4; each++) {
            assert.strictEqual((yield* send(holding)).status, 304)
            assert.strictEqual((yield* send(get())).status, 200)
          }
          assert.lengthOf(exchanges, 2)
        })
    ))
})

it("a thousand are remembered, the last ones", () => {
  const unkept = Unkept.make()
  for (let each = 0; each < 1001; each++) unkept.add(String(each), {})
  assert.deepStrictEqual(["0", "1", "1000"].map((key) => unkept.has(key, {})), [false, true, true])
})
