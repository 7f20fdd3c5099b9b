import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import type { Socket } from "node:net"
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

  it.scopedLive("is given up when it takes too long, and asked again by the next exchange", () =>
    Effect.gen(function*() {
      let asked = 0
      const port = yield* listening((socket) =>
        void socket.once("data", () => {
          asked++
          if (asked > 1) socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")
        })
      )
      yield* Effect.gen(function*() {
        const failure = yield* Effect.flip(send("https://api.example.com/"))
        assert.deepInclude(failure, { _tag: "TransportFailure", reason: "connect_timeout", sent: "no" })
        assert.deepInclude(yield* Effect.flip(send("https://api.example.com/")), { reason: "other", sent: "no" })
        assert.strictEqual(asked, 2)
      }).pipe(Effect.provide(through(port, { connections: 1, connectTimeout: "100 millis" })))
    }))
})

describe("plain requests through a proxy", () => {
  it.scopedLive("share as many connections as may be open to one origin", () =>
    Effect.gen(function*() {
      const waiting: Array<Socket> = []
      let accepted = 0
      const port = yield* listening((socket) => {
        accepted++
        socket.on("data", () => {
          waiting.push(socket)
          // Nobody is answered before as many wait as can.
          if (waiting.length < 2) return
          for (const each of waiting.splice(0)) each.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        })
      })
      const exchanges = Array.from({ length: 20 }, () => send("http://api.example.com/"))
      yield* Effect.all(exchanges, { concurrency: "unbounded" }).pipe(
        Effect.provide(through(port, { connections: 2 }))
      )
      assert.strictEqual(accepted, 2)
    }))
})

describe("credentials for a proxy", () => {
  it.scopedLive("are sent as they are, with or without a password", () =>
    Effect.gen(function*() {
      let head = ""
      const port = yield* listening((socket) =>
        void socket.on("data", (data) => {
          head = String(data)
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        })
      )
      const seen = (credentials: string) =>
        Effect.gen(function*() {
          const http = Redacted.make(`http://${credentials}127.0.0.1:${port}`)
          yield* send("http://api.example.com/").pipe(
            Effect.provide(Layer.fresh(UndiciTransport.layer({ proxies: { http } })))
          )
          const [, token] = /^proxy-authorization: Basic (.*)\r$/im.exec(head) ?? []
          return token === undefined ? undefined : Buffer.from(token, "base64").toString()
        })
      assert.isUndefined(yield* seen(""))
      assert.strictEqual(yield* seen("user:pass@"), "user:pass")
      assert.strictEqual(yield* seen("user@"), "user:")
      assert.strictEqual(yield* seen("user:@"), "user:")
      assert.strictEqual(yield* seen(":pass@"), ":pass")
      assert.strictEqual(yield* seen("us%C3%A9r:a%3Ab%40@"), "usér:a:b@")
      assert.strictEqual(yield* seen("us%er:50%zz%@"), "us%er:50%zz%")
    }))
})
