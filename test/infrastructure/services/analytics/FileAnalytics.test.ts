import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, Redacted, Scope, TestClock } from "effect"
import * as FileAnalytics from "../../../../src/infrastructure/services/analytics/FileAnalytics.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as AnalyticsContract from "../../../../src/testing/contract/AnalyticsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import {
  files,
  granted,
  nothingMore,
  numbers,
  onMachine,
  received,
  Receiver,
  requested,
  track,
  upTo
} from "../../../support/AnalyticsMachine.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

suite(
  AnalyticsContract.contract,
  "file",
  Layer.unwrapScoped(Effect.map(temporaryFolder, (folder) =>
    FileAnalytics.layer({
      folder,
      destination: Option.some({ url: "https://events.example.com", writeKey: Redacted.make("key") }),
      // What is being sent while a case counts is neither waiting nor sent yet.
      flushAt: Number.POSITIVE_INFINITY
    }))).pipe(
      Layer.provide(Layer.suspend(() => new Receiver().layer)),
      Layer.provide(NodeContext.layer),
      Layer.provide(MemoryProcessLock.layer)
    )
)

describe("delivery", () => {
  it.scoped("sends batches of 100 in order, with the write key, and leaves no file behind", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine)
        yield* track(analytics, 250)
        yield* analytics.flush("1 minute")
        assert.deepStrictEqual(numbers(machine.receiver), upTo(250))
        assert.strictEqual(machine.receiver.requests, 3)
        assert.deepStrictEqual([...machine.receiver.urls], ["https://events.example.com/v1/batch"])
        assert.deepStrictEqual([...machine.receiver.authorizations], [`Basic ${btoa("write-key:")}`])
        assert.strictEqual(new Set(machine.receiver.events.map(({ messageId }) => messageId)).size, 250)
        assert.strictEqual(new Set(machine.receiver.events.map(({ anonymousId }) => anonymousId)).size, 1)
        assert.deepStrictEqual(files(machine), [])
      })
    ))

  for (const status of [401, 403, 404, 408, 429, 500, 503, 302, "cut"] as const) {
    it.scoped(`keeps everything after ${status}`, () =>
      onMachine((machine) =>
        Effect.gen(function*() {
          const analytics = yield* granted(machine)
          yield* track(analytics, 3)
          machine.receiver.answers.push(status)
          const { dropped, pending, sent } = yield* analytics.flush("1 minute")
          assert.deepStrictEqual({ sent, pending, dropped }, { sent: 0, pending: 3, dropped: 0 })
          assert.strictEqual((yield* analytics.flush("1 minute")).sent, 3)
        })
      ))
  }

  for (const status of [400, 413, 422] as const) {
    it.scoped(`gives up after ${status} exactly the event that is refused`, () =>
      onMachine((machine) =>
        Effect.gen(function*() {
          const analytics = yield* granted(machine)
          yield* track(analytics, 4)
          // The batch, its first half, and the first event.
          machine.receiver.answers.push(status, status, status)
          const { dropped, sent } = yield* analytics.flush("1 minute")
          assert.deepStrictEqual({ sent, dropped }, { sent: 3, dropped: 1 })
          assert.deepStrictEqual(numbers(machine.receiver), [1, 2, 3])
          const stats = yield* analytics.stats
          assert.strictEqual(status === 413 ? stats.dropped.TooLarge : stats.dropped.Rejected, 1)
        })
      ))
  }

  it.scoped("stays within its budget when the receiver hangs, and loses nothing", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine)
        yield* track(analytics, 1)
        machine.receiver.answers.push("hang")
        const flush = yield* Effect.fork(analytics.flush("2 seconds"))
        yield* requested(machine, 1)
        yield* TestClock.adjust("2 seconds")
        const { pending, sent } = yield* Fiber.join(flush)
        assert.deepStrictEqual({ sent, pending }, { sent: 0, pending: 1 })
      })
    ))
})

describe("in the background", () => {
  it.scoped("sends as soon as enough wait, and what waits every ten seconds", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine, { flushAt: 3 })
        yield* track(analytics, 2)
        yield* nothingMore(machine)
        yield* track(analytics, 1)
        yield* received(machine, 3)
        yield* track(analytics, 1)
        yield* TestClock.adjust("10 seconds")
        yield* received(machine, 4)
      })
    ))

  it.scoped("waits as long as a throttling receiver asks for", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine, { flushAt: 1 })
        machine.receiver.answers.push(429)
        machine.receiver.retryAfter = "60"
        yield* track(analytics, 1)
        yield* requested(machine, 1)
        yield* TestClock.adjust("59 seconds")
        yield* nothingMore(machine)
        yield* TestClock.adjust("1 second")
        yield* received(machine, 1)
      })
    ))

  it.scoped("asks a receiver that does not know the write key again after 15 minutes", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine, { flushAt: 1 })
        machine.receiver.answers.push(401)
        yield* track(analytics, 1)
        yield* requested(machine, 1)
        yield* TestClock.adjust("14 minutes")
        yield* nothingMore(machine)
        yield* TestClock.adjust("1 minute")
        yield* received(machine, 1)
      })
    ))

  it.scoped("closes within 150 ms when the receiver hangs, and the next process sends the rest", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const analytics = yield* Scope.extend(granted(machine), scope)
        yield* track(analytics, 2)
        machine.receiver.answers.push("hang")
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* requested(machine, 1)
        yield* TestClock.adjust("150 millis")
        yield* Fiber.join(closing)
        const next = yield* machine.process()
        assert.strictEqual((yield* next.flush("1 minute")).sent, 2)
      })
    ))
})
