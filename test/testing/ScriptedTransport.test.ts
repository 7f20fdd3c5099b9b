import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Layer, Option, Schedule, Stream, TestClock, TestServices } from "effect"
import type { ExchangeFailure } from "../../src/infrastructure/network/api/ApiError.ts"
import { discard } from "../../src/infrastructure/network/api/transport/Discard.ts"
import { Transport } from "../../src/infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../../src/infrastructure/network/api/transport/Transport.ts"
import { contract } from "../../src/testing/contract/TransportContract.ts"
import { behaviour, OtherSide } from "../../src/testing/contract/TransportSubject.ts"
import * as ScriptedTransport from "../../src/testing/ScriptedTransport.ts"
import { suite } from "../../src/testing/vitest.ts"

/** What comes without time, with the script of the contract. */
const scripted = Layer.unwrapEffect(Effect.sync(() => {
  const { exchanges, transport } = ScriptedTransport.make(({ body, request: { headers, method, url, urlParams } }) => {
    const { host, pathname, search } = Either.getOrThrow(UrlParams.makeUrl(url, urlParams, Option.none()))
    return host === "nowhere.test"
      ? { refuse: true }
      : behaviour({ method, target: pathname + search, headers, body })
  })
  const find = (target: string) =>
    Effect.suspend(() => {
      const found = exchanges.find(({ request: { url } }) => new URL(url).href.startsWith(`http://api.test${target}`))
      return found === undefined ? Effect.fail("not there yet") : Effect.succeed(found)
    }).pipe(Effect.retry({ schedule: Schedule.spaced("1 millis") }), TestServices.provideLive, Effect.orDie)
  const received = (target: string) =>
    Effect.map(find(target), ({ body, request: { headers, method, url } }) => ({
      method,
      target: new URL(url).pathname + new URL(url).search,
      headers,
      body
    }))
  const givenUp = (target: string) =>
    Effect.flatMap(find(target), ({ outcome }) => Effect.sync(() => assert.strictEqual(outcome, "interrupted")))
  return Layer.merge(
    Layer.succeed(Transport, transport),
    Layer.succeed(OtherSide, { url: "http://api.test", nowhere: "http://nowhere.test/", received, givenUp })
  )
}))

suite(contract, "scripted", scripted)

const limits: PhaseLimits = { connect: 1000, headers: 2000, bodyIdle: 3000, attempt: 10_000, total: 20_000 }
const get = HttpClientRequest.get("http://api.test/path")

const said = (failure: ExchangeFailure) =>
  failure._tag === "TransportFailure"
    ? `${failure.reason}, ${failure.sent}`
    : `${failure.phase}, ${failure.scope}, ${failure.sent}`

const outcome = (step: ScriptedTransport.Step, changed: Partial<PhaseLimits> = {}) =>
  Effect.gen(function*() {
    const { transport } = ScriptedTransport.make(() => step)
    const fiber = yield* transport.exchange(get, { ...limits, ...changed }).pipe(
      Effect.flatMap((response) => Effect.map(Effect.orDie(response.text), (text) => `${response.status} ${text}`)),
      Effect.catchAll((failure) => Effect.succeed(said(failure))),
      Effect.fork
    )
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

describe("ScriptedTransport", () => {
  it.effect("answers, breaks and stalls in the time of Clock, within the limits", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* outcome({ connect: "500 millis", latency: "2 seconds", body: "yes" }), "200 yes")
      assert.strictEqual(yield* outcome({ status: 204 }), "204 ")
      assert.strictEqual(yield* outcome({ connect: "2 seconds" }), "connect, attempt, no")
      assert.strictEqual(yield* outcome({ refuse: true }), "refused, no")
      assert.strictEqual(yield* outcome({ tls: true }), "tls, no")
      assert.strictEqual(yield* outcome({ reset: true, latency: "1 second" }), "reset, maybe")
      assert.strictEqual(yield* outcome({ latency: "3 seconds" }), "headers, attempt, maybe")
      assert.strictEqual(yield* outcome({ never: "head" }), "headers, attempt, maybe")
      assert.strictEqual(yield* outcome({ never: "head" }, { total: 500 }), "headers, total, maybe")
      assert.strictEqual(yield* outcome({ body: "half", never: "body" }), "body, attempt, maybe")
      assert.strictEqual(yield* outcome({ body: "half", cut: 2 }), "reset, maybe")
      const pieces = [{ data: "a" }, { data: "b", after: "3 seconds" }, { data: "c", after: "3 seconds" }] as const
      assert.strictEqual(yield* outcome({ chunks: pieces }), "200 abc")
      assert.strictEqual(yield* outcome({ chunks: pieces }, { attempt: 5000 }), "body, attempt, maybe")
      assert.strictEqual(yield* outcome({ chunks: pieces }, { total: 4000 }), "body, total, maybe")
    }))

  it.effect("keeps what was sent, by number, and how it ended", () =>
    Effect.gen(function*() {
      const { exchanges, transport } = ScriptedTransport.make(({ number }) => number < 3 ? {} : { never: "head" })
      yield* transport.exchange(
        HttpClientRequest.bodyStream(HttpClientRequest.post("http://api.test/"), Stream.make(new Uint8Array([1, 2]))),
        limits
      )
      yield* transport.exchange(HttpClientRequest.setBody(get, HttpBody.raw("raw")), limits)
      const fiber = yield* Effect.fork(transport.exchange(get, limits))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        exchanges.map(({ body, number, outcome: ended }) => [number, body.length, ended]),
        [[1, 2, "answered"], [2, 3, "answered"], [3, 0, "interrupted"]]
      )
    }))

  it.effect("hands large answers and event streams over before they are complete", () =>
    Effect.gen(function*() {
      const large = "x".repeat(1_100_000)
      const chunks = [{ data: large }, { data: "more", after: "30 seconds" }] as const
      const { transport } = ScriptedTransport.make(({ number }) =>
        number === 1 ? { chunks } : { chunks, headers: { "content-type": "text/event-stream" } }
      )
      const response = yield* transport.exchange(get, limits)
      const reader = yield* Effect.fork(Effect.flip(response.text))
      yield* TestClock.adjust("1 minute")
      assert.deepInclude((yield* Fiber.join(reader)).cause, { phase: "body", scope: "attempt" })
      const events = HttpClientRequest.setHeader(get, "accept", "text/event-stream")
      const stream = (yield* transport.exchange(events, limits)).stream
      const size = yield* Effect.fork(Stream.runFold(stream, 0, (sum, chunk) => sum + chunk.length))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Fiber.join(size), large.length + 4)
    }))

  it.scoped("tells which large answers were read, discarded or left to their scope", () =>
    Effect.gen(function*() {
      const { exchanges, transport } = ScriptedTransport.make(() => ({ body: "x".repeat(1_100_000) }))
      const send = transport.exchange(get, limits)
      yield* Effect.flatMap(send, ({ text }) => text)
      yield* Effect.flatMap(send, discard)
      yield* Effect.scoped(send)
      yield* send
      assert.deepStrictEqual(exchanges.map(({ isLetGo }) => isLetGo), [true, true, true, false])
    }))
})
