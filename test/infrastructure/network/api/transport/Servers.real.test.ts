/**
 * Against servers nobody here wrote: Debian's httpbin, and an nginx in front that cuts idle connections.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, LogLevel, Schedule, Stream } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { ApiClient } from "../../../../../src/infrastructure/network/api/ApiClient.ts"
import { DeadlineExceeded, TransportFailure } from "../../../../../src/infrastructure/network/api/ApiError.ts"
import { ApiOrigin } from "../../../../../src/infrastructure/network/api/ApiOrigin.ts"
import * as MemoryConnectivity from "../../../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import * as PipelineApiClient from "../../../../../src/infrastructure/network/api/PipelineApiClient.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as httpbin from "../../../../support/httpbin.ts"
import { installed } from "../../../../support/needs.ts"
import { temporaryFolder } from "../../../../support/temporaryFolder.ts"
import * as Apis from "../../Apis.ts"
import { getProfile } from "../../Calls.ts"
import * as ScriptedTokens from "../../ScriptedTokens.ts"
import { serve } from "./LoopbackServer.ts"

const limits: PhaseLimits = { connect: 5000, headers: 20_000, bodyIdle: 20_000, attempt: 30_000, total: 60_000 }

const send = (request: HttpClientRequest.HttpClientRequest, changed: Partial<PhaseLimits> = {}) =>
  Effect.flatMap(Transport, ({ exchange }) => exchange(request, { ...limits, ...changed }))

const freePort = Effect.async<number>((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const { port } = probe.address() as AddressInfo
    probe.close(() => resume(Effect.succeed(port)))
  })
})

/** A program for as long as the scope lives, once it answers at `url`. */
const running = (command: string, args: ReadonlyArray<string>, url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(command, args, { stdio: "ignore" })),
    (child) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGTERM")
      })
  ).pipe(
    Effect.zipRight(
      Effect.retry(send(HttpClientRequest.get(url)), { schedule: Schedule.spaced("100 millis"), times: 300 })
    )
  )

const hasNginx = installed("nginx")

describe.skipIf(!httpbin.isInstalled())("httpbin", () => {
  it.scopedLive("gives streams, bytes and forms, and drips within its limits", () =>
    Effect.gen(function*() {
      const url = yield* httpbin.start
      const at = (path: string) => `${url}${path}`
      const lines = yield* Effect.flatMap(send(HttpClientRequest.get(at("/stream/20"))), ({ text }) => text)
      assert.strictEqual(lines.trim().split("\n").length, 20)
      const small = yield* send(HttpClientRequest.get(at("/bytes/1000?seed=1")))
      assert.strictEqual((yield* small.arrayBuffer).byteLength, 1000)
      const large = yield* send(HttpClientRequest.get(at("/stream-bytes/100000?seed=1")))
      assert.strictEqual(yield* Stream.runFold(large.stream, 0, (size, chunk) => size + chunk.length), 100_000)
      const form = new FormData()
      form.set("title", "größe")
      const posted = yield* send(HttpClientRequest.bodyFormData(HttpClientRequest.post(at("/post")), form))
      assert.deepInclude(yield* posted.json, { form: { title: "größe" } })
      const cookies = yield* send(HttpClientRequest.get(at("/cookies/set?a=1&b=2")))
      assert.strictEqual(cookies.status, 302)
      assert.sameMembers(Object.keys(cookies.cookies.cookies), ["a", "b"])
      const dripped = yield* send(HttpClientRequest.get(at("/drip?duration=2&numbytes=4&delay=0")))
      assert.strictEqual(yield* dripped.text, "****")
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("is given up by the phase that is late", () =>
    Effect.gen(function*() {
      const url = yield* httpbin.start
      const at = (path: string) => `${url}${path}`
      const failure = (path: string, changed: Partial<PhaseLimits>) =>
        Effect.map(
          Effect.flip(send(HttpClientRequest.get(at(path)), changed)),
          (error) => error instanceof DeadlineExceeded ? `${error.phase}, ${error.scope}, ${error.sent}` : String(error)
        )
      assert.strictEqual(yield* failure("/delay/10", { headers: 300 }), "headers, attempt, maybe")
      assert.strictEqual(yield* failure("/delay/10", { total: 300 }), "headers, total, maybe")
      const drip = "/drip?duration=8&numbytes=2&delay=0"
      assert.strictEqual(yield* failure(drip, { bodyIdle: 300 }), "body, attempt, maybe")
      assert.strictEqual(yield* failure(drip, { attempt: 2000 }), "body, attempt, maybe")
    }).pipe(Effect.provide(UndiciTransport.layer())))
})

/** An nginx that closes a kept connection one second after its last answer, or after three of them. */
const cuttingNginx = (backend: string) =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    const port = yield* freePort
    fs.writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
      events { worker_connections 256; }
      http {
        access_log off; keepalive_timeout 1s; keepalive_requests 3;
        client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
        fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
        server { listen 127.0.0.1:${port}; location / { proxy_pass ${backend}; } }
      }`
    )
    const url = `http://127.0.0.1:${port}/`
    yield* running("nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], url)
    return url
  })

/** Calls through the whole pipeline, over the transport that is there. */
const pipelineTo = (url: string) => {
  const { layer: tokens } = ScriptedTokens.make()
  return PipelineApiClient.layer.pipe(
    Layer.provide([
      Layer.succeed(ApiOrigin, { url }),
      Apis.policy,
      MemoryConnectivity.layer,
      MemoryCache.layer,
      tokens
    ])
  )
}

describe.skipIf(!hasNginx)("an nginx that cuts idle connections", () => {
  it.scopedLive("never makes a GET fail that met a connection it had closed, and sees each POST once at most", () =>
    Effect.gen(function*() {
      const posts = new Map<string, number>()
      const backend = yield* serve((request, response) => {
        const number = request.headers["x-number"]
        if (typeof number === "string") posts.set(number, (posts.get(number) ?? 0) + 1)
        response.setHeader("content-type", "application/json")
        request.resume().on(
          "end",
          () => response.end(JSON.stringify({ id: "u1", username: "ada", displayName: "Ada" }))
        )
      })
      const url = yield* cuttingNginx(backend.url)
      const { call } = Context.get(yield* Layer.build(pipelineTo(url.slice(0, -1))), ApiClient)
      let number = 0
      const lost: Array<string> = []
      const get = call(getProfile)
      const post = Effect.suspend(() =>
        send(HttpClientRequest.bodyText(
          HttpClientRequest.post(url, { headers: { "x-number": String(++number) } }),
          "once"
        ))
      ).pipe(
        Effect.catchAll((failure) =>
          Effect.sync(() =>
            lost.push(failure instanceof TransportFailure ? `${failure.reason}, ${failure.sent}` : String(failure))
          )
        )
      )
      // Around the second after which the server closes, where the two may cross.
      for (const pause of [985, 990, 995, 998, 1000, 1002, 1005, 1010, 1500]) {
        yield* Effect.all([get, post, get, post], { concurrency: 2 })
        yield* Effect.sleep(pause)
      }
      for (let each = 0; each < 50; each++) yield* each % 2 === 0 ? get : post
      assert.isTrue([...posts.values()].every((times) => times === 1), "a request arrived twice")
      // Two that cross in the very same moment: nobody can know what became of it, and it is not said to be unsent.
      assert.isTrue(lost.every((failure) => failure === "reset, maybe"), lost.join("; "))
      assert.isAtMost(lost.length, 4)
      assert.isAtLeast(posts.size, number - lost.length)
    }).pipe(Effect.provide(UndiciTransport.layer()), Logger.withMinimumLogLevel(LogLevel.None)))
})
