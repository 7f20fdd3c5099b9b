import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { Connectivity } from "../../../../src/domain/network/Connectivity.ts"
import { DeadlineExceeded, TransportFailure } from "../../../../src/infrastructure/network/api/ApiError.ts"
import * as LearntConnectivity from "../../../../src/infrastructure/network/api/LearntConnectivity.ts"
import * as MemoryConnectivity from "../../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import { Reachability } from "../../../../src/infrastructure/network/api/Reachability.ts"
import { ConnectionRefused } from "../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as MemoryTransport from "../../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import { Attempt } from "../../../../src/infrastructure/network/interceptors/Attempt.ts"
import * as ConnectivityProbe from "../../../../src/infrastructure/network/interceptors/ConnectivityProbe.ts"
import type { SendCall } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as OfflineGate from "../../../../src/infrastructure/network/interceptors/OfflineGate.ts"
import * as Apis from "../Apis.ts"
import * as ScriptedServer from "../ScriptedServer.ts"
import * as Stages from "../Stages.ts"

const unsent = new TransportFailure({ reason: "refused", sent: "no" })

/** A line that can be cut, seen by calls through both stages, and by probes. */
const make = Effect.gen(function*() {
  const connectivity = yield* Connectivity
  const reachability = yield* Reachability
  const line = { whole: true, sent: 0 }
  const backend: SendCall = () =>
    Effect.suspend(() => {
      line.sent++
      return line.whole ? Effect.succeed(Stages.answer()) : unsent
    })
  const probed = Stages.perCall(ConnectivityProbe.make(reachability), backend)
  const send = Stages.sender(OfflineGate.make(connectivity, reachability), Stages.originOf(), probed)
  return { line, send, state: connectivity.state }
})

describe("OfflineGate", () => {
  it.effect("fails a GET at once with nothing sent, when the device is offline", () =>
    Effect.gen(function*() {
      const { line, send, state } = yield* make
      yield* Effect.flatMap(MemoryConnectivity.ConnectivitySwitch, ({ set }) => set("offline"))
      const failure = yield* Effect.flip(send())
      assert.include(failure, { _tag: "Offline", outcome: "not-sent" })
      assert.strictEqual(line.sent, 0)
      assert.strictEqual(yield* state, "offline")
    }).pipe(Effect.provide(MemoryConnectivity.layer)))

  it.effect("sends while the line is only suspect: one failure to send is no evidence, two in a row are", () =>
    Effect.gen(function*() {
      const { line, send, state } = yield* make
      line.whole = false
      yield* Effect.flip(send())
      assert.strictEqual(yield* state, "online")
      line.whole = true
      yield* send()
      line.whole = false
      yield* Effect.flip(send())
      assert.strictEqual(yield* state, "online")
      yield* Effect.flip(send())
      assert.strictEqual(yield* state, "offline")
      assert.strictEqual(line.sent, 4)
    }).pipe(Effect.provide(MemoryConnectivity.layer)))

  it.effect("learns nothing about the line from what was sent, or could never be", () =>
    Effect.gen(function*() {
      const reachability = yield* Reachability
      for (const [reason, sent] of [["reset", "maybe"], ["tls", "no"], ["invalid_request", "no"]] as const) {
        const failing = Stages.sender(
          ConnectivityProbe.make(reachability),
          Stages.originOf(),
          () => new TransportFailure({ reason, sent })
        )
        for (let call = 0; call < 5; call++) yield* Effect.flip(failing())
      }
      assert.strictEqual(yield* Effect.flatMap(Connectivity, ({ state }) => state), "online")
    }).pipe(Effect.provide(MemoryConnectivity.layer)))

  it.effect("learns that the line is cut from connections that do not come about in time, unless the caller had none", () =>
    Effect.gen(function*() {
      const reachability = yield* Reachability
      const { state } = yield* Connectivity
      const late = (scope: "attempt" | "total", phase: "connect" | "queue" = "connect") =>
        Stages.sender(
          ConnectivityProbe.make(reachability),
          Stages.originOf(),
          () => new DeadlineExceeded({ phase, scope, sent: "no" })
        )
      for (let call = 0; call < 5; call++) yield* Effect.flip(late("total")())
      // All of our own connections are in use.
      for (let call = 0; call < 5; call++) yield* Effect.flip(late("attempt", "queue")())
      yield* Effect.flip(late("attempt")())
      assert.strictEqual(yield* state, "online")
      yield* Effect.flip(late("attempt")())
      assert.strictEqual(yield* state, "offline")
    }).pipe(Effect.provide(MemoryConnectivity.layer)))

  it.effect("learns from all clients together", () =>
    Effect.gen(function*() {
      const reachability = yield* Reachability
      const { state } = yield* Connectivity
      const client = (backend: SendCall) =>
        Stages.sender(ConnectivityProbe.make(reachability), Stages.originOf(), backend)
      const plain = client(() => unsent)
      const signed = client(() => Effect.succeed(Stages.answer(503)))
      yield* Effect.flip(plain())
      yield* signed()
      yield* Effect.flip(plain())
      assert.strictEqual(yield* state, "online")
      yield* Effect.flip(client(() => unsent)())
      assert.strictEqual(yield* state, "offline")
    }).pipe(Effect.provide(MemoryConnectivity.layer)))

  it.effect("learns nothing from where a redirect leads", () =>
    Effect.gen(function*() {
      const reachability = yield* Reachability
      const { state } = yield* Connectivity
      const away = { whole: false }
      const send = ConnectivityProbe.make(reachability).around(() =>
        Effect.suspend(() => away.whole ? Effect.succeed(Stages.answer()) : unsent)
      )
      const call = yield* Stages.callTo(Stages.originOf())
      const elsewhere = new Attempt(call, "redirect", 0, Stages.originOf())
      for (let each = 0; each < 3; each++) yield* Effect.flip(send(Stages.request, elsewhere))
      assert.strictEqual(yield* state, "online")
      yield* Effect.flip(send(Stages.request, new Attempt(call)))
      away.whole = true
      yield* send(Stages.request, elsewhere)
      away.whole = false
      yield* Effect.flip(send(Stages.request, new Attempt(call)))
      assert.strictEqual(yield* state, "offline")
    }).pipe(Effect.provide(MemoryConnectivity.layer)))

  it.scoped("lets calls through soon after the line is back, because somebody wants to send", () => {
    const cable = { whole: false }
    const server = ScriptedServer.make(() => cable.whole ? new Response() : new ConnectionRefused())
    const layer = LearntConnectivity.layer.pipe(
      Layer.provide(Layer.merge(MemoryTransport.layer.pipe(Layer.provide(server.layer)), Apis.origin))
    )
    return Effect.gen(function*() {
      const { line, send, state } = yield* make
      yield* Effect.flatMap(Reachability, ({ unreachable }) => Effect.zipRight(unreachable, unreachable))
      // By now it looks twice a minute.
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* state, "offline")
      cable.whole = true
      yield* Effect.flip(send())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* state, "online")
      yield* send()
      assert.strictEqual(line.sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.scoped("looks once a second at most, however many want to send", () => {
    const server = ScriptedServer.make(() => new ConnectionRefused())
    const layer = LearntConnectivity.layer.pipe(
      Layer.provide(Layer.merge(MemoryTransport.layer.pipe(Layer.provide(server.layer)), Apis.origin))
    )
    return Effect.gen(function*() {
      const { send } = yield* make
      yield* Effect.flatMap(Reachability, ({ unreachable }) => Effect.zipRight(unreachable, unreachable))
      const eager = yield* Effect.fork(Effect.forever(Effect.zipRight(Effect.exit(send()), Effect.sleep("100 millis"))))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.interrupt(eager)
      assert.isAtMost(server.requests.length, 21)
      assert.isAtLeast(server.requests.length, 15)
    }).pipe(Effect.provide(layer))
  })
})
