import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Stream } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Transport } from "../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as FaultProxy from "../../src/testing/FaultProxy.ts"

const limits = { connect: 5000, headers: 5000, bodyIdle: 5000, attempt: 10_000, total: 10_000 }

const server = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly stop: () => void }>((resume) => {
    const answering = createServer((request, response) => {
      request.resume().on("end", () => response.end("x".repeat(Number(request.headers["x-size"] ?? 10))))
    })
    answering.listen(0, "127.0.0.1", () =>
      resume(Effect.succeed({
        port: (answering.address() as AddressInfo).port,
        stop: () => {
          answering.closeAllConnections()
          answering.close()
        }
      })))
  }),
  ({ stop }) => Effect.sync(stop)
)

const proxied = Effect.gen(function*() {
  const { port } = yield* server
  const proxy = yield* FaultProxy.make({ port, seed: 42 })
  const { exchange } = yield* Transport
  /** How long the body was, or why there is none. */
  const get = (size: number, changed: Partial<typeof limits> = {}) =>
    exchange(
      HttpClientRequest.get(`http://127.0.0.1:${proxy.port}/`, { headers: { "x-size": String(size) } }),
      { ...limits, ...changed }
    ).pipe(
      Effect.flatMap(({ stream }) => Stream.runFold(stream, 0, (sum, chunk) => sum + chunk.length)),
      Effect.catchTags({
        TransportFailure: ({ reason, sent }) => Effect.succeed(`${reason}, ${sent}`),
        DeadlineExceeded: ({ phase, scope }) => Effect.succeed(`${phase}, ${scope}`),
        ResponseError: () => Effect.succeed("broken body")
      })
    )
  return { proxy, get }
})

describe("FaultProxy", () => {
  it.scopedLive("passes everything through, in order, slowly when told to", () =>
    Effect.gen(function*() {
      const { get, proxy } = yield* proxied
      assert.strictEqual(yield* get(300_000), 300_000)
      yield* proxy.set({ latency: "2 millis", jitter: "5 millis", bandwidth: 10_000_000 })
      const [took, size] = yield* Effect.timed(get(300_000))
      assert.strictEqual(size, 300_000)
      assert.isAtLeast(Duration.toMillis(took), 30)
      assert.isAtMost(yield* proxy.accepted, 2)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("resets, cuts, half-closes and swallows", () =>
    Effect.gen(function*() {
      const { get, proxy } = yield* proxied
      yield* proxy.set({ mode: "reset" })
      assert.strictEqual(yield* get(10), "reset, maybe")
      yield* proxy.set({ cutAfter: 1000 })
      assert.strictEqual(yield* get(5000), "reset, maybe")
      yield* proxy.set({ cutAfter: 2_000_000 })
      assert.strictEqual(yield* get(5_000_000), "broken body")
      yield* proxy.set({ mode: "halfClose" })
      assert.strictEqual(yield* get(10), "reset, maybe")
      yield* proxy.set({ mode: "blackhole" })
      assert.strictEqual(yield* get(10, { headers: 50 }), "headers, attempt")
      yield* proxy.set({})
      assert.strictEqual(yield* get(10), 10)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("breaks what is open", () =>
    Effect.gen(function*() {
      const { get, proxy } = yield* proxied
      assert.strictEqual(yield* get(10), 10)
      assert.strictEqual(yield* proxy.open, 1)
      yield* proxy.resetAll
      assert.strictEqual(yield* get(10), 10)
      assert.isAtLeast(yield* proxy.accepted, 2)
    }).pipe(Effect.provide(UndiciTransport.layer())))
})
