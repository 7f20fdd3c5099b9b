import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option, TestClock } from "effect"
import * as DeadlineTimer from "../../../../../src/infrastructure/network/api/transport/DeadlineTimer.ts"
import * as OutgoingBody from "../../../../../src/infrastructure/network/api/transport/OutgoingBody.ts"
import { UndiciExchange } from "../../../../../src/infrastructure/network/api/transport/UndiciExchange.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import { listening } from "./RawServer.ts"

const never = Number.POSITIVE_INFINITY
const limits = { connect: 5000, headers: 5000, bodyIdle: 5000, attempt: never, total: never }

/** Fires when it is told to. */
const handTimer = () => {
  const started = new Map<object, { readonly at: number; readonly fire: () => void }>()
  let now = 0
  const timer: DeadlineTimer.Timer = {
    now: () => now,
    start: (millis, fire) => {
      const key = {}
      started.set(key, { at: now + millis, fire })
      return () => void started.delete(key)
    }
  }
  const pass = (millis: number) => {
    now += millis
    for (const [key, { at, fire }] of started) {
      if (at > now || !started.delete(key)) continue
      fire()
    }
  }
  return { timer, pass }
}

/** An exchange over a connection that takes a piece whenever one is pulled from it. */
const uploading = (upload: OutgoingBody.Upload) => {
  const { pass, timer } = handTimer()
  const failures: Array<unknown> = []
  const exchange = new UndiciExchange({
    request: HttpClientRequest.post("http://api.test/"),
    upload,
    limits,
    timer,
    maxBodyBytes: 1000,
    isQueued: () => false,
    resume: (result) => failures.push(Effect.runSync(Effect.flip(result)))
  })
  const controller = { abort: () => undefined } as unknown as Parameters<UndiciExchange["onRequestStart"]>[0]
  exchange.onRequestStart(controller)
  const pieces = upload[Symbol.asyncIterator]()
  const pull = Effect.promise(() => pieces.next())
  return { pass, failures, pull, answer: () => exchange.onResponseStart(controller, 200, {}) }
}

const bytesUpload = () => {
  const body = OutgoingBody.immediate(HttpBody.uint8Array(new Uint8Array(200_000)))?.body
  assert.instanceOf(body, OutgoingBody.Upload)
  return body
}

const late = { _tag: "DeadlineExceeded", phase: "headers", scope: "attempt", sent: "maybe" }

describe("a body that is sent in pieces", () => {
  it.effect("may wait for the connection to take each of them as long as for an answer", () =>
    Effect.gen(function*() {
      const { failures, pass, pull } = uploading(bytesUpload())
      const sizes: Array<number> = []
      for (let each = 0; each < 4; each++) {
        const { value } = yield* pull
        sizes.push(value?.length ?? 0)
        pass(4999)
      }
      assert.deepStrictEqual(sizes, [65_536, 65_536, 65_536, 200_000 - 3 * 65_536])
      assert.isEmpty(failures)
      pass(1)
      assert.lengthOf(failures, 1)
      assert.deepInclude(failures[0], late)
    }))

  it.effect("is waited for until it is sent, and then for the answer", () =>
    Effect.gen(function*() {
      const { answer, failures, pass, pull } = uploading(bytesUpload())
      for (let each = 0; each < 4; each++) yield* pull
      pass(4999)
      assert.isTrue((yield* pull).done)
      pass(4999)
      assert.isEmpty(failures)
      answer()
      pass(4999)
      assert.isEmpty(failures)
      pass(1)
      assert.deepInclude(failures[0], { ...late, phase: "body" })
    }))

  it.effect("may pause by itself, however large the pieces are that it is made of", () =>
    Effect.gen(function*() {
      const made: Array<(piece: Uint8Array) => void> = []
      const next = () =>
        new Promise<IteratorResult<Uint8Array>>((resolve) => made.push((value) => resolve({ done: false, value })))
      const source = { [Symbol.asyncIterator]: () => ({ next }) }
      const { failures, pass, pull } = uploading(new OutgoingBody.Upload(source))
      const first = yield* Effect.fork(pull)
      yield* Effect.yieldNow()
      pass(3_600_000)
      made[0]?.(new Uint8Array(100_000))
      assert.strictEqual((yield* Fiber.join(first)).value?.length, 65_536)
      pass(4999)
      assert.strictEqual((yield* pull).value?.length, 100_000 - 65_536)
      pass(4999)
      const second = yield* Effect.fork(pull)
      yield* Effect.yieldNow()
      pass(3_600_000)
      assert.isEmpty(failures)
      made[1]?.(new Uint8Array(10))
      assert.strictEqual((yield* Fiber.join(second)).value?.length, 10)
      pass(5000)
      assert.lengthOf(failures, 1)
      assert.deepInclude(failures[0], late)
    }))

  it.scoped("is given up outside of the pipeline too when the other side stops reading", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const port = yield* listening((socket) =>
        void socket.once("data", () => {
          socket.pause()
          Deferred.unsafeDone(begun, Effect.void)
        })
      )
      const request = HttpClientRequest.post(`http://127.0.0.1:${port}/`).pipe(
        HttpClientRequest.bodyUint8Array(new Uint8Array(40_000_000))
      )
      yield* Effect.gen(function*() {
        const client = yield* HttpClient.HttpClient
        const fiber = yield* Effect.fork(Effect.flip(client.execute(request)))
        yield* Deferred.await(begun)
        let seconds = 0
        // The machine takes what it has room for, in its own time.
        while (Option.isNone(yield* Fiber.poll(fiber)) && seconds < 200) {
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          yield* TestClock.adjust("1 second")
          seconds++
        }
        assert.isBelow(seconds, 200)
        const { cause } = yield* Fiber.join(fiber)
        assert.strictEqual((cause as { readonly phase?: unknown }).phase, "headers")
      }).pipe(Effect.provide(Layer.provide(UndiciTransport.layer(), DeadlineTimer.layerClock)))
    }))
})
