import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { Connectivity } from "../../../../src/domain/network/Connectivity.ts"
import * as LearntConnectivity from "../../../../src/infrastructure/network/api/LearntConnectivity.ts"
import * as PipelinePlainApiClient from "../../../../src/infrastructure/network/api/PipelinePlainApiClient.ts"
import { PlainApiClient } from "../../../../src/infrastructure/network/api/PlainApiClient.ts"
import { Reachability } from "../../../../src/infrastructure/network/api/Reachability.ts"
import { ConnectionRefused } from "../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as MemoryTransport from "../../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import * as ConnectivityContract from "../../../../src/testing/contract/ConnectivityContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { origin, policy } from "../Apis.ts"
import * as ScriptedServer from "../ScriptedServer.ts"

const make = () => {
  const line = { whole: true }
  const server = ScriptedServer.make(() => line.whole ? new Response(null, { status: 404 }) : new ConnectionRefused())
  const transport = MemoryTransport.layer.pipe(Layer.provide(server.layer))
  const layer = LearntConnectivity.layer.pipe(Layer.provideMerge(Layer.merge(transport, origin)))
  return { layer, line, server }
}

const contractLayer = Layer.unwrapEffect(Effect.sync(() => {
  const { layer, line } = make()
  // What the pipeline's stage tells after a request.
  const notice = Effect.flatMap(
    Reachability,
    (told) => Effect.suspend(() => line.whole ? told.reached : told.unreachable)
  )
  const set = (whole: boolean) => Effect.zipRight(Effect.sync(() => void (line.whole = whole)), notice)
  return Layer.effect(
    ConnectivityContract.Line,
    Effect.map(Reachability, (told) => ({
      cut: Effect.provideService(set(false), Reachability, told),
      restore: Effect.provideService(set(true), Reachability, told)
    }))
  ).pipe(Layer.provideMerge(layer))
}))

suite(ConnectivityContract.contract, "learnt", contractLayer)

describe("LearntConnectivity", () => {
  it.scoped("learns from the requests of a pipeline", () => {
    const { layer, line } = make()
    return Effect.gen(function*() {
      const { call } = yield* PlainApiClient
      const { state } = yield* Connectivity
      line.whole = false
      const exchange = yield* Effect.fork(Effect.flip(call((client) => client.profile.get({}))))
      yield* TestClock.adjust("200 millis")
      assert.strictEqual(yield* state, "offline")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(exchange))._tag, "Offline")
    }).pipe(Effect.provide(PipelinePlainApiClient.layer.pipe(Layer.provideMerge(Layer.merge(layer, policy)))))
  })

  it.scoped("notices that the backend is back without anybody asking, and asks ever less often", () => {
    const { layer, line, server } = make()
    return Effect.gen(function*() {
      const { changes, state } = yield* Connectivity
      const heard = yield* Effect.fork(Stream.runCollect(Stream.take(changes, 2)))
      yield* Effect.repeatN(Effect.yieldNow(), 50)
      line.whole = false
      yield* Effect.flatMap(Reachability, (told) => told.unreachable)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* state, "offline")
      assert.isAtLeast(server.requests.length, 20)
      assert.isAtMost(server.requests.length, 50)
      assert.isTrue(server.requests.every(({ method, url }) => method === "HEAD" && url.pathname === "/"))
      line.whole = true
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(heard)), ["offline", "online"])
      const asked = server.requests.length
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(server.requests.length, asked)
    }).pipe(Effect.provide(layer))
  })

  it.scoped("ends its probes with its scope", () => {
    const { layer, line, server } = make()
    return Effect.gen(function*() {
      line.whole = false
      yield* Effect.provide(Effect.flatMap(Reachability, (told) => told.unreachable), layer)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(server.requests.length, 0)
    })
  })
})
