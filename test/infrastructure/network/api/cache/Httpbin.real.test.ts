/**
 * The cache against Debian's httpbin: its validators, its `Cache-Control`, and headers of the test's choice.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import { hasPythonModule } from "../../../../support/needs.ts"
import * as CachedCalls from "./CachedCalls.ts"

const freePort = Effect.promise(async () => {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
})

const httpbin = Effect.gen(function*() {
  const port = yield* freePort
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn("/usr/bin/python3", ["-m", "flask", "--app", "httpbin:app", "run", "--port", String(port)], {
        stdio: "ignore"
      })
    ),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null) return
        child.kill("SIGTERM")
        await once(child, "exit")
      })
  )
  const send = yield* CachedCalls.make({ cache: yield* Cache })
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    send(HttpClientRequest.get(`http://127.0.0.1:${port}${path}`, { headers }))
  yield* Effect.retry(get("/status/200"), { schedule: Schedule.spaced("100 millis"), times: 300 })
  return { get, post: (path: string) => send(HttpClientRequest.post(`http://127.0.0.1:${port}${path}`)) }
})

const statusOf = ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => headers["cache-status"] ?? ""

describe.skipIf(!hasPythonModule("httpbin"))("httpbin", () => {
  it.scopedLive("confirms what has a validator, is not asked for what is fresh, and sees every change", () =>
    Effect.gen(function*() {
      const { get, post } = yield* httpbin

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
