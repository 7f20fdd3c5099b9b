import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import type { Scope } from "effect"
import { Realtime } from "../../../../src/domain/network/Realtime.ts"
import type { RealtimeMessage } from "../../../../src/domain/network/Realtime.ts"
import * as MemoryConnectivity from "../../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import * as MemorySocket from "../../../../src/infrastructure/network/websocket/MemorySocket.ts"
import * as WsRealtime from "../../../../src/infrastructure/network/websocket/WsRealtime.ts"
import * as RealtimeContract from "../../../../src/testing/contract/RealtimeContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { origin } from "../Apis.ts"
import * as ScriptedTokens from "../ScriptedTokens.ts"
import * as FakeRealtimeServer from "./FakeRealtimeServer.ts"

const layerOf = (fake: ReturnType<typeof FakeRealtimeServer.make>, tokens = ScriptedTokens.make()) =>
  WsRealtime.layer.pipe(
    Layer.provide([MemorySocket.layer.pipe(Layer.provide(fake.layer)), tokens.layer, origin, MemoryConnectivity.layer])
  )

suite(
  RealtimeContract.contract,
  "socket",
  Layer.unwrapEffect(Effect.sync(() => layerOf(FakeRealtimeServer.make())))
)

const now = TestClock.adjust("0 millis")

/** What a listener of `channel` gets, as it comes. */
const listen = (channel: string) =>
  Effect.gen(function*() {
    const { subscribe } = yield* Realtime
    const got: Array<RealtimeMessage> = []
    const fiber = yield* Effect.forkScoped(
      Stream.runForEach(subscribe(channel), (message) => Effect.sync(() => void got.push(message)))
    )
    yield* now
    return { fiber, got, data: () => got.map((each) => each._tag === "Message" ? each.data : "gap") }
  })

/** Runs `body` with a server of its own. */
const using = <E>(
  body: (
    server: ReturnType<typeof FakeRealtimeServer.make>["server"],
    tokens: ReturnType<typeof ScriptedTokens.make>["state"]
  ) => Effect.Effect<void, E, Realtime | Scope.Scope>
) =>
  Effect.suspend(() => {
    const fake = FakeRealtimeServer.make()
    const tokens = ScriptedTokens.make()
    return Effect.provide(body(fake.server, tokens.state), layerOf(fake, tokens))
  })

describe("WsRealtime", () => {
  it.scoped("opens one connection for all listeners and closes it after the last", () =>
    using((server) =>
      Effect.gen(function*() {
        assert.strictEqual(server.opened, 0)
        const first = yield* listen("a")
        const second = yield* listen("b")
        assert.strictEqual(server.opened, 1)
        assert.deepStrictEqual(server.authorizations, ["Bearer token-1"])
        yield* Fiber.interrupt(first.fiber)
        assert.strictEqual(server.alive(), 1)
        assert.strictEqual(server.received.at(-1)?._tag, "Unsubscribe")
        yield* Fiber.interrupt(second.fiber)
        assert.strictEqual(server.alive(), 0)
      })
    ))

  it.scoped("takes every channel up where it was left, without loss or repetition", () =>
    using((server) =>
      Effect.gen(function*() {
        const a = yield* listen("a")
        const b = yield* listen("b")
        let published = 0
        for (let cut = 0; cut < 12; cut++) {
          for (let each = 0; each < cut % 4; each++) server.publish("a", ++published)
          yield* now
          server.cut(cut % 2 === 0 ? 1006 : 1012)
          server.publish("a", ++published)
          server.publish("b", published)
          yield* TestClock.adjust("8 seconds")
        }
        assert.deepStrictEqual(a.data(), Array.from({ length: published }, (_, index) => index + 1))
        assert.strictEqual(b.got.length, 12)
        assert.strictEqual(server.opened, 13)
      })
    ))

  it.scoped("reports a gap before what follows when the backend cannot fill it", () =>
    using((server) =>
      Effect.gen(function*() {
        const a = yield* listen("a")
        server.publish("a", 1)
        yield* now
        server.kept = 0
        server.cut()
        server.publish("a", "lost")
        yield* TestClock.adjust("1 minute")
        server.publish("a", 3)
        yield* now
        assert.deepStrictEqual(a.data(), [1, "gap", 3])
        server.epoch = "e2"
        server.cut()
        yield* TestClock.adjust("1 minute")
        server.publish("a", 4)
        yield* now
        assert.deepStrictEqual(a.data(), [1, "gap", 3, "gap", 4])
      })
    ))

  it.scoped("drops repetitions and reports holes", () =>
    using((server) =>
      Effect.gen(function*() {
        const a = yield* listen("a")
        const message = (sequence: number) => server.send({ _tag: "Message", channel: "a", sequence, data: sequence })
        for (const sequence of [1, 2, 2, 1, 3, 6, 4, 7]) message(sequence)
        server.send({ _tag: "Message", channel: "unknown", sequence: 1, data: 0 })
        yield* now
        assert.deepStrictEqual(a.data(), [1, 2, 3, "gap", 6, 7])
      })
    ))

  it.scoped("delivers what arrived before the connection ended", () =>
    using((server) =>
      Effect.gen(function*() {
        const a = yield* listen("a")
        for (let each = 1; each <= 100; each++) server.publish("a", each)
        server.cut()
        server.reachable = false
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(a.got.length, 100)
      })
    ))

  it.scoped("waits longer and longer, with a bound, and at most once a connection at a time", () =>
    using((server) =>
      Effect.gen(function*() {
        let attempts = 0
        server.admit = () => {
          attempts++
          assert.strictEqual(server.alive(), 0)
          return 503
        }
        const a = yield* listen("a")
        yield* TestClock.adjust("10 minutes")
        assert.isAtLeast(attempts, 20)
        assert.isAtMost(attempts, 100)
        assert.deepStrictEqual(a.got, [])
        server.admit = () => 101
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual(server.alive(), 1)
      })
    ))

  it.scoped("notices a connection that is open and dead", () =>
    using((server) =>
      Effect.gen(function*() {
        yield* listen("a")
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(server.opened, 1)
        server.frozen = true
        yield* TestClock.adjust("14 seconds")
        assert.strictEqual(server.alive(), 1)
        yield* TestClock.adjust("12 seconds")
        server.frozen = false
        yield* TestClock.adjust("1 minute")
        assert.isAtLeast(server.opened, 2)
        assert.strictEqual(server.alive(), 1)
      })
    ))

  it.scoped("is open only when the backend has confirmed every subscription", () =>
    using((server) =>
      Effect.gen(function*() {
        const { status } = yield* Realtime
        server.mute.add("Subscribe")
        yield* listen("a")
        assert.strictEqual(server.received.at(-1)?._tag, "Subscribe")
        assert.deepStrictEqual(yield* Stream.runHead(status), Option.some("connecting"))
        const ref = server.received.flatMap((frame) => frame._tag === "Subscribe" ? [frame.ref] : [])[0] ?? ""
        const position = { epoch: "e1", sequence: 0 }
        server.send({ _tag: "Subscribed", ref, channel: "a", position, recovered: false })
        yield* now
        assert.deepStrictEqual(yield* Stream.runHead(status), Option.some("open"))
      })
    ))

  it.scoped("gives up a connection that says no welcome or confirms no subscription", () =>
    using((server) =>
      Effect.gen(function*() {
        server.mute.add("Hello")
        const a = yield* listen("a")
        yield* TestClock.adjust("12 seconds")
        assert.isAtLeast(server.opened, 2)
        server.mute.delete("Hello")
        server.mute.add("Subscribe")
        yield* TestClock.adjust("1 minute")
        const opened = server.opened
        assert.isAtLeast(opened, 3)
        server.mute.clear()
        yield* TestClock.adjust("1 minute")
        server.publish("a", 1)
        yield* now
        assert.deepStrictEqual(a.data(), [1])
      })
    ))

  it.scoped("asks for new credentials once when the backend refuses them, then says so", () =>
    using((server, tokens) =>
      Effect.gen(function*() {
        server.admit = (authorization) => authorization === "Bearer token-1" ? 401 : 101
        yield* listen("a")
        assert.deepStrictEqual(tokens.rejected, [1])
        assert.strictEqual(server.alive(), 1)
        server.admit = () => 401
        server.cut(4401)
        const { subscribe } = yield* Realtime
        const failing = yield* Effect.fork(Effect.flip(Stream.runDrain(subscribe("b"))))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(failing))._tag, "Unauthenticated")
        assert.deepStrictEqual(tokens.rejected, [1, 2])
        const asked = server.authorizations.length
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(server.authorizations.length, asked)
      })
    ))

  it.scoped("fails with what no reconnect mends, and starts anew for the next listener", () =>
    using((server) =>
      Effect.gen(function*() {
        const { publish, subscribe } = yield* Realtime
        for (const [status, tag] of [[403, "Forbidden"], [426, "UpgradeRequired"], [404, "UpgradeRequired"]] as const) {
          server.admit = () => status
          assert.strictEqual((yield* Effect.flip(Stream.runDrain(subscribe("a"))))._tag, tag)
          assert.strictEqual((yield* Effect.flip(publish("a", 1)))._tag, tag)
        }
        server.admit = () => 101
        const a = yield* listen("a")
        server.publish("a", 1)
        yield* now
        assert.deepStrictEqual(a.data(), [1])
      })
    ))

  it.scoped("publishes nothing without a connection, and says when a message's fate is unknown", () =>
    using((server) =>
      Effect.gen(function*() {
        const { publish } = yield* Realtime
        server.reachable = false
        assert.strictEqual((yield* Effect.flip(publish("a", 1)))._tag, "Offline")
        server.reachable = true
        yield* publish("a", 2)
        server.mute.add("Publish")
        const silent = yield* Effect.fork(Effect.flip(publish("a", 3)))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(silent))._tag, "OutcomeUnknown")
        const lost = yield* Effect.fork(Effect.flip(publish("a", 4)))
        yield* now
        server.cut()
        yield* now
        assert.strictEqual((yield* Fiber.join(lost))._tag, "OutcomeUnknown")
        const large = yield* Effect.flip(publish("a", "x".repeat(1_048_577)))
        assert.strictEqual(large._tag, "Rejected")
        const published = server.received.filter(({ _tag }) => _tag === "Publish")
        assert.strictEqual(published.length, 3)
      })
    ))

  it.scoped("gives a connection up when it does not understand a frame", () =>
    using((server) =>
      Effect.gen(function*() {
        yield* listen("a")
        for (const text of ["not JSON", "{}", "[]"]) {
          server.raw(text)
          yield* TestClock.adjust("1 minute")
          assert.strictEqual(server.alive(), 1)
        }
        assert.strictEqual(server.opened, 4)
      })
    ))

  it.scoped("ends its streams and its connection with its scope", () =>
    Effect.gen(function*() {
      const fake = FakeRealtimeServer.make()
      const fiber = yield* Effect.gen(function*() {
        const { subscribe } = yield* Realtime
        const running = yield* Effect.forkDaemon(Stream.runCollect(subscribe("a")))
        yield* now
        assert.strictEqual(fake.server.alive(), 1)
        return running
      }).pipe(Effect.provide(layerOf(fake)))
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(fiber)), [])
      assert.strictEqual(fake.server.alive(), 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(fake.server.opened, 1)
    }))
})
