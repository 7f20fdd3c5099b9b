import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Option, Queue, Scope, Stream, TestClock } from "effect"
import { join } from "node:path"
import { WebSocket } from "ws"
import * as Backend from "../../src/backend/Backend.ts"
import { BackendAddress } from "../../src/backend/BackendAddress.ts"
import { BackendFaults } from "../../src/backend/faults/Fault.ts"
import * as MemoryCrypto from "../../src/infrastructure/security/encryption/MemoryCrypto.ts"
import * as MemoryPasswordHashing from "../../src/infrastructure/security/encryption/MemoryPasswordHashing.ts"
import { temporaryFolder } from "../support/temporaryFolder.ts"
import { ada, database, elements, options, surroundings } from "./TestBackend.ts"
import type { Body } from "./TestBackend.ts"

const layer = Layer.mergeAll(
  Layer.provide(Backend.server({ ...options, faults: true }), surroundings),
  FetchHttpClient.layer
)

const send = (method: "GET" | "POST" | "PUT", path: string, token?: string, body?: unknown) =>
  Effect.gen(function*() {
    const { url } = yield* BackendAddress
    const request = HttpClientRequest.make(method)(`${url}${path}`).pipe(
      token === undefined ? (same) => same : HttpClientRequest.bearerToken(token),
      body === undefined ? (same) => same : HttpClientRequest.bodyUnsafeJson(body)
    )
    return yield* HttpClient.execute(request)
  })

const signIn = Effect.gen(function*() {
  const response = yield* send("POST", "/v2/sessions", undefined, ada)
  assert.strictEqual(response.status, 201)
  const { tokens } = (yield* response.json) as Body
  return { accessToken: String(tokens?.["accessToken"]), refreshToken: String(tokens?.["refreshToken"]) }
})

/** What happens to one WebSocket. */
const dial = (token: string, path = "/v2/realtime", autoPong = true) =>
  Effect.gen(function*() {
    const { url } = yield* BackendAddress
    const frames = yield* Queue.unbounded<string>()
    const ended = yield* Deferred.make<number>()
    const opened = yield* Deferred.make<number>()
    const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      autoPong
    })
    socket.on("open", () => Deferred.unsafeDone(opened, Effect.succeed(101)))
    socket.on(
      "unexpected-response",
      (_, response) => Deferred.unsafeDone(opened, Effect.succeed(response.statusCode ?? 0))
    )
    socket.on("error", () => Deferred.unsafeDone(opened, Effect.succeed(0)))
    socket.on("message", (data) => frames.unsafeOffer(data.toString()))
    socket.on("close", (code) => Deferred.unsafeDone(ended, Effect.succeed(code)))
    yield* Effect.addFinalizer(() => Effect.sync(() => socket.terminate()))
    return { socket, status: yield* Deferred.await(opened), next: Queue.take(frames), closed: Deferred.await(ended) }
  })

describe("the backend on loopback", () => {
  it.scopedLive("serves HTTP on a port of the operating system's choice", () =>
    Effect.gen(function*() {
      const { url } = yield* BackendAddress
      assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
      const { accessToken } = yield* signIn
      const profile = yield* send("GET", "/v2/profile", accessToken)
      assert.strictEqual(String(((yield* profile.json) as Body)["username"]), ada.username)
      assert.strictEqual((yield* send("GET", "/v2/unknown")).status, 404)
    }).pipe(Effect.provide(layer)))

  it.scopedLive("streams push messages", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn
      yield* send("PUT", "/v2/devices/d1", token, { topics: ["news"] })
      const response = yield* send("GET", "/v2/devices/d1/messages", token)
      yield* send("POST", "/v2/messages", token, { topic: "news", title: "hello" })
      const text = yield* response.stream.pipe(
        Stream.decodeText(),
        Stream.scan("", (before, piece) => before + piece),
        Stream.filter((all) => all.includes("hello")),
        Stream.runHead
      )
      assert.isTrue(Option.isSome(text))
    }).pipe(Effect.provide(layer)))

  it.scopedLive("speaks the realtime protocol over WebSocket, and closes it with the session", () =>
    Effect.gen(function*() {
      const { accessToken, refreshToken } = yield* signIn
      const peer = yield* dial(accessToken)
      assert.strictEqual(peer.status, 101)
      peer.socket.send(`{"_tag":"Hello","protocol":1}`)
      peer.socket.send(`{"_tag":"Subscribe","ref":"1","channel":"c"}`)
      peer.socket.send(`{"_tag":"Publish","ref":"2","channel":"c","data":7}`)
      assert.include(yield* peer.next, "Welcome")
      assert.include(yield* peer.next, "Subscribed")
      assert.include(yield* peer.next, `"data":7`)
      assert.include(yield* peer.next, "Published")
      yield* send("POST", "/v2/sessions/revoke", undefined, { refreshToken })
      assert.strictEqual(yield* peer.closed, 4401)
    }).pipe(Effect.provide(layer)))

  it.scopedLive("refuses upgrades with plain answers, and frames that are binary or too large with close codes", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn
      assert.strictEqual((yield* dial("nonsense")).status, 401)
      assert.strictEqual((yield* dial(accessToken, "/elsewhere")).status, 404)
      const binary = yield* dial(accessToken)
      binary.socket.send(Buffer.from([1]))
      assert.strictEqual(yield* binary.closed, 1003)
      const large = yield* dial(accessToken)
      large.socket.send("x".repeat(1_048_577))
      assert.strictEqual(yield* large.closed, 1009)
    }).pipe(Effect.provide(layer)))

  it.scopedLive("a client that does not read is closed with a bounded amount waiting", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn
      const slow = yield* dial(accessToken)
      const sender = yield* dial(accessToken)
      slow.socket.send(`{"_tag":"Hello","protocol":1}`)
      slow.socket.send(`{"_tag":"Subscribe","ref":"1","channel":"c"}`)
      yield* Effect.zipRight(slow.next, slow.next)
      slow.socket.pause()
      sender.socket.send(`{"_tag":"Hello","protocol":1}`)
      yield* sender.next
      const data = "x".repeat(900_000)
      for (let message = 0; message < 15; message++) {
        sender.socket.send(`{"_tag":"Publish","ref":"2","channel":"c","data":"${data}"}`)
        yield* sender.next
      }
      slow.socket.resume()
      assert.strictEqual(yield* slow.closed, 1013)
    }).pipe(Effect.provide(layer)))

  it.scoped("a peer that does not answer a ping is dropped at the next one, 20 seconds later", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn
      const good = yield* dial(accessToken)
      const dead = yield* dial(accessToken, "/v2/realtime", false)
      for (const { next, socket } of [good, dead]) {
        socket.send(`{"_tag":"Hello","protocol":1}`)
        yield* next
      }
      for (let ping = 0; ping < 2; ping++) {
        const pinged = Effect.async<void>((resume) => void good.socket.once("ping", () => resume(Effect.void)))
        const waiting = yield* Effect.fork(pinged)
        yield* Effect.yieldNow()
        yield* TestClock.adjust("20 seconds")
        yield* Fiber.join(waiting)
        // Whatever the backend answers, it has read the pong that was sent before.
        good.socket.send("anything")
        assert.include(yield* good.next, "BadFrame")
      }
      assert.strictEqual(yield* dead.closed, 1006)
    }).pipe(Effect.provide(layer)))

  it.scopedLive("faults can be switched from outside while connections are cut", () =>
    Effect.gen(function*() {
      const { faultsUrl } = yield* BackendAddress
      const switchTo = (fault: unknown) =>
        HttpClientRequest.post(`${Option.getOrThrow(faultsUrl)}/faults`).pipe(
          HttpClientRequest.bodyUnsafeJson(fault),
          HttpClient.execute,
          Effect.map(({ status }) => status)
        )
      const { accessToken } = yield* signIn
      const peer = yield* dial(accessToken)
      assert.strictEqual(yield* switchTo({ _tag: "Cut" }), 204)
      assert.strictEqual(yield* peer.closed, 1006)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(send("GET", "/v2/profile", accessToken))))
      assert.strictEqual((yield* dial(accessToken)).status, 0)
      assert.strictEqual(yield* switchTo({ _tag: "Restore" }), 204)
      assert.strictEqual((yield* send("GET", "/v2/profile", accessToken)).status, 200)
      assert.strictEqual(yield* switchTo({ _tag: "Nonsense" }), 422)
      assert.strictEqual((yield* send("POST", "/faults", undefined, { _tag: "Cut" })).status, 404)
    }).pipe(Effect.provide(layer)))

  it.scopedLive("a dropped answer breaks the connection", () =>
    Effect.gen(function*() {
      const { apply } = yield* BackendFaults
      const { accessToken } = yield* signIn
      yield* apply({ _tag: "DropResponse", times: 1, path: "/" })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(send("GET", "/v2/profile", accessToken))))
      assert.strictEqual((yield* send("GET", "/v2/profile", accessToken)).status, 200)
    }).pipe(Effect.provide(layer)))

  it.scopedLive("closes without waiting for a stream, a socket and a slow request that are open", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer, scope)
      const { peerClosed } = yield* Effect.gen(function*() {
        const { apply } = yield* BackendFaults
        const { accessToken: token } = yield* signIn
        yield* send("PUT", "/v2/devices/d1", token, { topics: [] })
        yield* send("GET", "/v2/devices/d1/messages", token)
        const peer = yield* dial(token)
        yield* apply({ _tag: "Latency", milliseconds: 60_000 })
        yield* Effect.fork(send("GET", "/v2/profile", token))
        return { peerClosed: peer.closed }
      }).pipe(Effect.provide(context))
      const [took] = yield* Effect.timed(Scope.close(scope, Exit.void))
      assert.isBelow(Duration.toSeconds(took), 5)
      assert.include([1001, 1006], yield* peerClosed)
    }))

  it.scopedLive("state in a file outlives a restart", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "backend.db")
      const keys = yield* Layer.build(MemoryCrypto.layer)
      const stores = Layer.mergeAll(database(filename), Layer.succeedContext(keys), MemoryPasswordHashing.layer)
      const session = <A, E>(body: Effect.Effect<A, E, BackendAddress | HttpClient.HttpClient | Scope.Scope>) =>
        Effect.scoped(
          Effect.provide(body, Layer.merge(Layer.provide(Backend.server(options), stores), FetchHttpClient.layer))
        )
      const mutation = {
        _tag: "Put",
        mutationId: "9b2f2a8e-7a66-4ac4-8a0b-0d3b1e9f4a10",
        noteId: "3f0e8d0a-5d8e-4c38-9a53-2d8b1f6f5b11",
        baseVersion: 0,
        title: "Title",
        text: "Text"
      }
      const { cursor, token } = yield* session(Effect.gen(function*() {
        const { accessToken } = yield* signIn
        yield* send("POST", "/v2/notes/mutations", accessToken, { mutations: [mutation] })
        const changes = yield* send("GET", "/v2/notes/changes", accessToken)
        return { token: accessToken, cursor: String(((yield* changes.json) as Body)["cursor"]) }
      }))
      yield* session(Effect.gen(function*() {
        const repeated = yield* send("POST", "/v2/notes/mutations", token, { mutations: [mutation] })
        assert.strictEqual(String(((yield* repeated.json) as Body)["results"]?.[0]?.["_tag"]), "Applied")
        const all = (yield* (yield* send("GET", "/v2/notes/changes", token)).json) as Body
        assert.lengthOf(elements(all["changes"]), 1)
        assert.strictEqual(String(all["changes"]?.[0]?.["content"]?.["text"]), "Text")
        const none = (yield* (yield* send("GET", `/v2/notes/changes?cursor=${cursor}`, token)).json) as Body
        assert.lengthOf(elements(none["changes"]), 0)
        assert.strictEqual(Boolean(none["reset"]), false)
      }))
    }))
})
