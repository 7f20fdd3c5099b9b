import * as NodeContext from "@effect/platform-node/NodeContext"
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Option, Redacted, Schema, Scope, TestClock } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { Analytics } from "../../../../src/domain/analytics/Analytics.ts"
import { AnalyticsEvent } from "../../../../src/domain/analytics/AnalyticsEvent.ts"
import { TrackEvent } from "../../../../src/infrastructure/network/api/contract/AnalyticsApi.ts"
import * as FileAnalytics from "../../../../src/infrastructure/services/analytics/FileAnalytics.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import { ProcessLock } from "../../../../src/infrastructure/storage/local/ProcessLock.ts"
import * as AnalyticsContract from "../../../../src/testing/contract/AnalyticsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const Batch = Schema.parseJson(
  Schema.Struct({ batch: Schema.Array(TrackEvent).pipe(Schema.maxItems(100)), sentAt: Schema.DateTimeUtc })
)

/** Answers with the next status of `answers`, then with 200; `hang` never answers and `cut` breaks the line. */
class Receiver {
  readonly answers: Array<number | "hang" | "cut"> = []
  readonly events: Array<TrackEvent> = []
  readonly authorizations = new Set<string | undefined>()
  readonly urls = new Set<string>()
  requests = 0
  retryAfter = "2"

  readonly layer = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.gen(this, function*() {
        this.requests += 1
        this.authorizations.add(request.headers["authorization"])
        this.urls.add(url.href)
        const answer = this.answers.shift() ?? 200
        if (answer === "hang") return yield* Effect.never
        if (answer === "cut") return yield* new RequestError({ request, reason: "Transport" })
        const bytes = request.body._tag === "Uint8Array" ? request.body.body : new Uint8Array()
        const { batch } = yield* Effect.orDie(Schema.decode(Batch)(new TextDecoder().decode(bytes)))
        if (answer === 200) this.events.push(...batch)
        const headers = { "retry-after": this.retryAfter }
        return HttpClientResponse.fromWeb(request, new Response("{}", { status: answer, headers }))
      })
    )
  )
}

interface Machine {
  readonly folder: string
  readonly receiver: Receiver
  /** One process: a layer of its own over this machine's folder and locks. */
  readonly process: (
    options?: Partial<FileAnalytics.Options>
  ) => Effect.Effect<typeof Analytics.Service, never, Scope.Scope>
}

const onMachine = <A, E>(body: (machine: Machine) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.gen(function*() {
    const folder = join(yield* temporaryFolder, "analytics")
    const receiver = new Receiver()
    const locks = yield* ProcessLock
    return yield* body({
      folder,
      receiver,
      process: (options = {}) => {
        const destination = Option.some({ url: "https://events.example.com/", writeKey: Redacted.make("write-key") })
        const layer = FileAnalytics.layer({ folder, destination, ...options }).pipe(
          Layer.provide(receiver.layer),
          Layer.provide(NodeContext.layer),
          Layer.provide(Layer.succeed(ProcessLock, locks))
        )
        return Effect.map(Layer.build(Layer.fresh(layer)), (context) => Context.get(context, Analytics))
      }
    })
  }).pipe(Effect.provide(MemoryProcessLock.layer))

suite(
  AnalyticsContract.contract,
  "file",
  Layer.unwrapScoped(Effect.map(temporaryFolder, (folder) =>
    FileAnalytics.layer({
      folder,
      destination: Option.some({ url: "https://events.example.com", writeKey: Redacted.make("key") })
    }))).pipe(
      Layer.provide(Layer.suspend(() => new Receiver().layer)),
      Layer.provide(NodeContext.layer),
      Layer.provide(MemoryProcessLock.layer)
    )
)

const event = (properties: AnalyticsEvent["properties"] = {}) => new AnalyticsEvent({ name: "opened", properties })

const track = (analytics: typeof Analytics.Service, count: number) =>
  Effect.forEach(Array.from({ length: count }, (_, number) => number), (number) => analytics.track(event({ number })), {
    discard: true
  })

const granted = (machine: Machine, options?: Partial<FileAnalytics.Options>) =>
  Effect.tap(machine.process(options), (analytics) => analytics.setConsent("granted"))

/** Ends like a process that was killed: nothing is flushed, its locks are free. */
const killed = (machine: Machine, count: number) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const analytics = yield* Scope.extend(granted(machine, { closeBudget: 0 }), scope)
    yield* track(analytics, count)
    yield* Scope.close(scope, Exit.void)
  })

const numbers = (receiver: Receiver) => receiver.events.map(({ properties }) => properties["number"])

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number)

const files = (machine: Machine) => fs.readdirSync(machine.folder).filter((name) => name !== "consent.json")

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

describe("the files", () => {
  it.scoped("hand what a killed process left to the next one", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 5)
        const analytics = yield* machine.process()
        assert.strictEqual((yield* analytics.stats).queued, 5)
        yield* analytics.flush("1 minute")
        assert.deepStrictEqual(numbers(machine.receiver), upTo(5))
      })
    ))

  it.scoped("are taken over from a dead process by a living one, and never from another living one", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const here = yield* granted(machine)
        yield* track(here, 1)
        const other = yield* Scope.make()
        const there = yield* Scope.extend(machine.process({ closeBudget: 0 }), other)
        yield* track(there, 2)
        assert.strictEqual((yield* here.flush("1 minute")).sent, 1)
        yield* Scope.close(other, Exit.void)
        assert.strictEqual((yield* here.flush("1 minute")).sent, 2)
      })
    ))

  it.scoped("send at most one batch twice after a crash between answer and acknowledgement", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 250)
        const analytics = yield* machine.process()
        machine.receiver.answers.push(200, 200, 503)
        assert.strictEqual((yield* analytics.flush("1 minute")).sent, 200)
        const [ack] = files(machine).filter((name) => name.endsWith(".ack"))
        assert.isDefined(ack)
        const next = yield* machine.process()
        assert.strictEqual((yield* analytics.flush("1 minute")).sent, 50)
        assert.strictEqual((yield* next.flush("1 minute")).sent, 0)
        assert.deepStrictEqual(numbers(machine.receiver), upTo(250))
      })
    ))

  it.scoped("skip and count a torn last line and a damaged one", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 3)
        const [segment] = files(machine)
        const file = join(machine.folder, String(segment))
        const lines = fs.readFileSync(file, "utf8").split("\n")
        fs.writeFileSync(file, [lines[0], "{damaged", lines[2], String(lines[1]).slice(0, 20)].join("\n"))
        const analytics = yield* machine.process()
        yield* analytics.flush("1 minute")
        assert.deepStrictEqual(numbers(machine.receiver), [0, 2])
        assert.strictEqual((yield* analytics.stats).dropped.Storage, 2)
        assert.deepStrictEqual(files(machine), [])
      })
    ))

  it.scoped("go after seven days", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 3)
        yield* TestClock.adjust("8 days")
        const analytics = yield* machine.process()
        const { dropped, sent } = yield* analytics.flush("1 minute")
        assert.deepStrictEqual({ sent, dropped }, { sent: 0, dropped: 3 })
      })
    ))

  it.scoped("cost nothing but a count when they cannot be written", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine)
        fs.rmSync(machine.folder, { recursive: true })
        fs.writeFileSync(machine.folder, "in the way")
        yield* analytics.track(event())
        assert.strictEqual((yield* analytics.stats).dropped.Storage, 1)
        assert.strictEqual((yield* Effect.flip(analytics.setConsent("denied")))._tag, "Io")
      })
    ))

  it.scoped("hold nothing that looks like a secret or a person", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine)
        yield* analytics.track(event({
          message: "mail canary@example.com at /home/canary/notes.md or C:\\Users\\canary\\x",
          header: "Bearer canary-token",
          jwt: "eyJjYW5hcnk.canary.canary",
          url: "https://canary:canary@example.com/?token=canary",
          password: "canary"
        }))
        const [segment] = files(machine)
        const stored = fs.readFileSync(join(machine.folder, String(segment)), "utf8")
        assert.notInclude(stored, "canary")
        assert.include(stored, "message")
        assert.strictEqual(fs.statSync(join(machine.folder, String(segment))).mode & 0o077, 0)
      })
    ))
})

describe("consent", () => {
  it.scoped("outlives the process, with the same id, until it is refused", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 1)
        const analytics = yield* machine.process()
        assert.strictEqual(yield* analytics.consent, "granted")
        yield* track(analytics, 1)
        yield* analytics.flush("1 minute")
        yield* analytics.setConsent("denied")
        yield* analytics.setConsent("granted")
        yield* track(analytics, 1)
        yield* analytics.flush("1 minute")
        const ids = machine.receiver.events.map(({ anonymousId }) => anonymousId)
        assert.deepStrictEqual([ids[0] === ids[1], ids[1] === ids[2]], [true, false])
      })
    ))

  it.scoped("is noticed within two seconds when another process was told", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const here = yield* granted(machine)
        const there = yield* machine.process()
        yield* track(here, 1)
        yield* there.setConsent("denied")
        yield* TestClock.adjust("2 seconds")
        yield* track(here, 1)
        assert.strictEqual((yield* here.stats).dropped.ConsentMissing, 1)
        yield* here.flush("1 minute")
        assert.deepStrictEqual(machine.receiver.events, [])
      })
    ))

  it.scoped("counts for nothing on a machine that opted out, and without a receiver", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const optedOut = yield* granted(machine, { doNotTrack: true })
        assert.strictEqual(yield* optedOut.consent, "denied")
        yield* track(optedOut, 1)
        assert.strictEqual((yield* optedOut.stats).dropped.ConsentMissing, 1)
        const nowhere = yield* granted(machine, { destination: Option.none() })
        yield* track(nowhere, 1)
        assert.strictEqual((yield* nowhere.stats).dropped.Rejected, 1)
        assert.deepStrictEqual(files(machine), [])
      })
    ))
})

/** Files are read outside virtual time, so these let real work happen until what is expected is there. */
const eventually = (condition: () => boolean) =>
  Effect.gen(function*() {
    for (let turn = 0; turn < 500_000 && !condition(); turn += 1) yield* turnOfTheLoop
    assert.isTrue(condition(), "it did not happen")
  })

const turnOfTheLoop = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const received = (machine: Machine, events: number) =>
  Effect.gen(function*() {
    yield* eventually(() => machine.receiver.events.length >= events)
    assert.strictEqual(machine.receiver.events.length, events)
  })

/** Long enough for what should not happen to happen. */
const nothingMore = (machine: Machine) =>
  Effect.gen(function*() {
    const { requests } = machine.receiver
    yield* Effect.repeatN(turnOfTheLoop, 1_000)
    assert.strictEqual(machine.receiver.requests, requests)
  })

const requested = (machine: Machine, requests: number) =>
  Effect.zipRight(eventually(() => machine.receiver.requests >= requests), nothingMore(machine))
