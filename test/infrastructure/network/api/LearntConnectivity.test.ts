import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
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
import * as Yielding from "../Yielding.ts"

const make = () => {
  const line = { whole: true }
  const server = ScriptedServer.make(() => line.whole ? new Response(null, { status: 404 }) : new ConnectionRefused())
  const transport = MemoryTransport.layer.pipe(Layer.provide(server.layer))
  const layer = LearntConnectivity.layer.pipe(Layer.provideMerge(Layer.merge(transport, origin)))
  return { layer, line, server }
}

/** What shows that nothing can be sent. */
const cut = Effect.flatMap(Reachability, ({ unreachable }) => Effect.zipRight(unreachable, unreachable))

const contractLayer = Layer.unwrapEffect(Effect.sync(() => {
  const { layer, line } = make()
  // What the pipeline's stage tells after a request.
  const notice = Effect.flatMap(
    Reachability,
    (told) => Effect.suspend(() => line.whole ? told.reached : cut)
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

const interrupting = <R>(effect: Effect.Effect<void, never, R>) => (after: number) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.withScheduler(effect, Yielding.after(after)))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
  })

const overtaking = <R>(effect: Effect.Effect<void, never, R>, by: Effect.Effect<void, never, R>) => (after: number) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.withScheduler(effect, Yielding.after(after)))
    yield* Effect.yieldNow()
    yield* by
    yield* Fiber.join(fiber)
  })

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
      yield* cut
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
      yield* Effect.provide(cut, layer)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(server.requests.length, 0)
    })
  })

  it.scoped("takes two failures to send in a row for evidence, and none that an answer came between", () =>
    Effect.gen(function*() {
      const { state } = yield* Connectivity
      const { reached, unreachable } = yield* Reachability
      yield* unreachable
      assert.strictEqual(yield* state, "online")
      yield* reached
      yield* unreachable
      assert.strictEqual(yield* state, "online")
      yield* unreachable
      assert.strictEqual(yield* state, "offline")
      // Its own probe is answered.
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* state, "online")
      yield* unreachable
      assert.strictEqual(yield* state, "online")
    }).pipe(Effect.provide(make().layer)))

  const operations = Array.from({ length: 20 }, (_, index) => index + 1)

  /** Online again by itself, and whoever listens heard of it. */
  const recovers = (told: (after: number) => Effect.Effect<void, never, Reachability>, after: number) =>
    Effect.gen(function*() {
      const { changes, state } = yield* Connectivity
      const heard: Array<string> = []
      yield* Effect.forkScoped(Stream.runForEach(changes, (change) => Effect.sync(() => heard.push(change))))
      yield* Effect.repeatN(Effect.yieldNow(), 50)
      yield* told(after)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* state, "online", `operation ${after}`)
      assert.deepStrictEqual(heard.filter((change, index) => change !== (index % 2 === 0 ? "offline" : "online")), [])
      assert.strictEqual(heard.length % 2, 0, `operation ${after}: ${heard.join()}`)
    }).pipe(Effect.provide(make().layer), Effect.scoped)

  const whole = Effect.flatMap(Reachability, ({ reached }) => reached)

  it.effect("is online again wherever those who tell it are interrupted", () =>
    Effect.gen(function*() {
      for (const after of operations) {
        yield* recovers(interrupting(cut), after)
        yield* recovers((at) => Effect.zipRight(cut, interrupting(whole)(at)), after)
      }
    }))

  it.effect("is online again whoever overtakes whom in telling it", () =>
    Effect.gen(function*() {
      for (const after of operations) {
        yield* recovers(overtaking(cut, whole), after)
        yield* recovers((at) => Effect.zipRight(cut, overtaking(whole, cut)(at)), after)
      }
    }))

  it.scoped("goes on asking after a probe that died", () => {
    let probes = 0
    const transport = Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.suspend(() =>
          ++probes < 3 ? Effect.die("a bug") : Effect.succeed(HttpClientResponse.fromWeb(request, new Response()))
        )
      )
    )
    return Effect.gen(function*() {
      yield* cut
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(probes, 3)
      assert.strictEqual(yield* Effect.flatMap(Connectivity, ({ state }) => state), "online")
    }).pipe(Effect.provide(LearntConnectivity.layer.pipe(Layer.provide(Layer.merge(transport, origin)))))
  })
})
