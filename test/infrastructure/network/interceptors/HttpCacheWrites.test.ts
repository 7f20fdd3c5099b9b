import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { Cache } from "../../../../src/domain/storage/Cache.ts"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as Retry from "../../../../src/infrastructure/network/interceptors/Retry.ts"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as ScriptedTransport from "../../../../src/testing/ScriptedTransport.ts"
import * as CachedCalls from "../api/cache/CachedCalls.ts"

const url = "http://api.test/notes"
const kept: ScriptedTransport.Step = { headers: { "cache-control": "max-age=600" }, body: "answer" }

describe("a change of which nobody knows", () => {
  const endings: ReadonlyArray<readonly [string, ScriptedTransport.Step, ScriptedTransport.Step, number]> = [
    ["outdates what there was when the last attempt could not be sent, and an earlier one was", { reset: true }, {
      refuse: true
    }, 2],
    ["outdates what there was when a gateway lost the answer", { status: 504 }, { status: 504 }, 2],
    ["outdates nothing when nothing was sent", { refuse: true }, { refuse: true }, 1],
    ["outdates nothing when the backend refused it", { status: 429 }, { refuse: true }, 1]
  ]
  for (const [title, first, then, asked] of endings) {
    it.effect(title, () => {
      const transport = ScriptedTransport.make(({ number, request }) =>
        request.method === "GET" ? kept : number === 2 ? first : then
      )
      return Effect.gen(function*() {
        const cache = yield* Cache
        const send = yield* CachedCalls.make({ cache }, [Retry.make(ApiPolicy.defaults)])
        yield* send(HttpClientRequest.get(url))
        const change = yield* Effect.fork(Effect.either(send(HttpClientRequest.put(url), { total: 60_000 })))
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(change)
        yield* send(HttpClientRequest.get(url))
        assert.lengthOf(transport.exchanges.filter(({ request }) => request.method === "GET"), asked)
      }).pipe(Effect.provide(Layer.merge(transport.layer, MemoryCache.layer)), Effect.scoped)
    })
  }
})
