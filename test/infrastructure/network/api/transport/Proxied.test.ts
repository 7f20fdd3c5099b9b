import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import { listening } from "./RawServer.ts"

const limits: PhaseLimits = { connect: 5000, headers: 5000, bodyIdle: 5000, attempt: 10_000, total: 10_000 }

const send = (url: string, changed: Partial<PhaseLimits> = {}) =>
  Effect.flatMap(Transport, ({ exchange }) => exchange(HttpClientRequest.get(url), { ...limits, ...changed }))

const through = (port: number, options: UndiciTransport.Options = {}) => {
  const proxy = Redacted.make(`http://127.0.0.1:${port}`)
  return Layer.fresh(UndiciTransport.layer({ ...options, proxies: { http: proxy, https: proxy } }))
}

describe("a proxy that opens no tunnel", () => {
  it.scopedLive("is asked once when it closes the connection instead", () =>
    Effect.gen(function*() {
      let asked = 0
      const port = yield* listening((socket) => {
        asked++
        socket.once("data", () => socket.end())
      })
      const failure = yield* Effect.flip(send("https://api.example.com/")).pipe(Effect.provide(through(port)))
      assert.deepInclude(failure, { _tag: "TransportFailure", reason: "reset", sent: "no" })
      assert.strictEqual(asked, 1)
    }))
})
