import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option, Random, Redacted } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { UserId } from "../../../../../src/domain/auth/User.ts"
import { Unauthenticated } from "../../../../../src/domain/network/RemoteFailure.ts"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import { AccessTokens } from "../../../../../src/infrastructure/network/api/AccessTokens.ts"
import * as ResponseStore from "../../../../../src/infrastructure/network/api/cache/ResponseStore.ts"
import * as Auth from "../../../../../src/infrastructure/network/interceptors/Auth.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as SqlCache from "../../../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as ScriptedTransport from "../../../../../src/testing/ScriptedTransport.ts"
import { temporaryFolder } from "../../../../support/temporaryFolder.ts"
import * as CachedCalls from "./CachedCalls.ts"

const origin = "http://api.test"

/** Answers with whose bearer it was, which changes with every request. */
const server = () =>
  ScriptedTransport.make(({ request }) => ({
    headers: { "cache-control": "max-age=600", ...(request.url.endsWith("vary") ? { vary: "authorization, x" } : {}) },
    body: `secret of ${(request.headers["authorization"] ?? "").split(" ")[1]?.split(".")[0] ?? "nobody"}`
  }))

const accounts = () => {
  const state = { user: Option.none<string>(), generation: 0 }
  const tokens = AccessTokens.of({
    credentials: () =>
      Effect.suspend(() =>
        Option.isNone(state.user) ? new Unauthenticated() : Effect.succeed({
          principal: UserId.make(state.user.value),
          generation: ++state.generation,
          headers: { authorization: Redacted.make(`Bearer ${state.user.value}.${state.generation}`) }
        })
      ),
    rejected: () => Effect.void,
    principal: Effect.sync(() => Option.map(state.user, (id) => UserId.make(id)))
  })
  return { state, tokens }
}

const only = Headers.fromInput({ "cache-control": "only-if-cached" })

const client = Effect.gen(function*() {
  const cache = yield* Cache
  const { state, tokens } = accounts()
  const send = yield* CachedCalls.make({ cache, tokens }, [yield* Auth.make(tokens, { origin, limit: "30 seconds" })])
  return { cache, send, state }
})

/** Acceptance 3 (5.2 item 11): no private leak. */
it.scoped("10,000 requests of two accounts with changing credentials never get the other's answers", () => {
  const transport = server()
  return Effect.gen(function*() {
    const { send, state } = yield* client
    const ask = Effect.gen(function*() {
      const user = (yield* Random.nextBoolean) ? "ada" : "bob"
      const path = yield* Random.nextIntBetween(0, 50)
      const shape = yield* Random.nextIntBetween(0, 10)
      state.user = Option.some(user)
      const url = `${origin}/${path}${shape < 3 ? "/vary" : ""}`
      if (shape === 9) yield* send(HttpClientRequest.post(url))
      const text = yield* (yield* send(HttpClientRequest.get(url))).text
      assert.strictEqual(text, `secret of ${user}`)
    })
    yield* Effect.replicateEffect(ask, 10_000, { discard: true })
    const reads = transport.exchanges.filter(({ request }) => request.method === "GET").length
    assert.isBelow(reads, 5000, "answers were kept")
  }).pipe(Effect.withRandom(Random.make("partition")), Effect.provide(Layer.merge(transport.layer, MemoryCache.layer)))
})

it.scoped("who signs in while nobody is, or another was, gets nothing that was kept before", () => {
  const transport = server()
  return Effect.gen(function*() {
    const { send, state } = yield* client
    yield* Effect.flip(send(HttpClientRequest.get(`${origin}/a`)))
    for (const user of ["ada", "bob", "ada"]) {
      state.user = Option.some(user)
      const response = yield* send(HttpClientRequest.get(`${origin}/a`))
      assert.strictEqual(yield* response.text, `secret of ${user}`)
    }
    assert.lengthOf(transport.exchanges, 2)
    const asBob = yield* Effect.flip(
      send(HttpClientRequest.get(`${origin}/a`), { options: { principal: UserId.make("bob") } })
    )
    assert.strictEqual(asBob._tag, "SessionExpired")
  }).pipe(Effect.provide(Layer.merge(transport.layer, MemoryCache.layer)))
})

it.scoped("a purge leaves nothing of the account that can be served, and keeps the other's; no credential is on the disk", () =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    const transport = server()
    yield* Effect.gen(function*() {
      const { cache, send, state } = yield* client
      const urls = Array.from({ length: 20 }, (_, each) => `${origin}/${each}${each % 2 === 0 ? "/vary" : ""}`)
      const readAll = (user: string) => {
        state.user = Option.some(user)
        return Effect.forEach(urls, (url) => send(HttpClientRequest.get(url)))
      }
      yield* readAll("ada")
      yield* readAll("bob")
      assert.lengthOf(transport.exchanges, 40)
      yield* ResponseStore.purge(cache, UserId.make("ada"))
      yield* readAll("bob")
      assert.lengthOf(transport.exchanges, 40)
      state.user = Option.some("ada")
      const kept = urls.map((url) => HttpClientRequest.get(url, { headers: only }))
      const found = yield* Effect.forEach(kept, (request) => send(request))
      assert.isTrue(found.every(({ status }) => status === 504))
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(transport.layer, SqlCache.layer({ filename: join(folder, "cache.db") })))
    )
    const stored = fs.readdirSync(folder).map((file) => fs.readFileSync(join(folder, file)).toString("latin1")).join()
    assert.include(stored, "secret of bob")
    assert.notInclude(stored, "secret of ada")
    assert.notInclude(stored, "Bearer")
    assert.notMatch(stored, /(?:ada|bob)\.\d/)
  }))
