/** Processes that share one analytics folder, and what the receiver gets from them. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Option, Redacted, Schema, Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { Analytics } from "../../src/domain/analytics/Analytics.ts"
import { AnalyticsEvent } from "../../src/domain/analytics/AnalyticsEvent.ts"
import { TrackEvent } from "../../src/infrastructure/network/api/contract/AnalyticsApi.ts"
import * as FileAnalytics from "../../src/infrastructure/services/analytics/FileAnalytics.ts"
import * as MemoryProcessLock from "../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import { ProcessLock } from "../../src/infrastructure/storage/local/ProcessLock.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const Batch = Schema.parseJson(
  Schema.Struct({ batch: Schema.Array(TrackEvent).pipe(Schema.maxItems(100)), sentAt: Schema.DateTimeUtc })
)

/** Answers with the next status of `answers`, then with 200; `hang` never answers and `cut` breaks the line. */
export class Receiver {
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

export interface Machine {
  readonly folder: string
  readonly receiver: Receiver
  /** One process: a layer of its own over this machine's folder and locks. */
  readonly process: (
    options?: Partial<FileAnalytics.Options>
  ) => Effect.Effect<typeof Analytics.Service, never, Scope.Scope>
}

export const onMachine = <A, E>(body: (machine: Machine) => Effect.Effect<A, E, Scope.Scope>) =>
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

export const event = (properties: AnalyticsEvent["properties"] = {}) =>
  new AnalyticsEvent({ name: "opened", properties })

export const track = (analytics: typeof Analytics.Service, count: number) =>
  Effect.forEach(Array.from({ length: count }, (_, number) => number), (number) => analytics.track(event({ number })), {
    discard: true
  })

export const granted = (machine: Machine, options?: Partial<FileAnalytics.Options>) =>
  Effect.tap(machine.process(options), (analytics) => analytics.setConsent("granted"))

/** Ends like a process that was killed: nothing is flushed, its locks are free. */
export const killed = (machine: Machine, count: number) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const analytics = yield* Scope.extend(granted(machine, { closeBudget: 0 }), scope)
    yield* track(analytics, count)
    yield* Scope.close(scope, Exit.void)
  })

export const numbers = (receiver: Receiver) => receiver.events.map(({ properties }) => properties["number"])

export const upTo = (count: number) => Array.from({ length: count }, (_, number) => number)

export const files = (machine: Machine) => fs.readdirSync(machine.folder).filter((name) => name !== "consent.json")

/** Files are read outside virtual time, so these let real work happen until what is expected is there. */
const eventually = (condition: () => boolean) =>
  Effect.gen(function*() {
    for (let turn = 0; turn < 500_000 && !condition(); turn += 1) yield* turnOfTheLoop
    assert.isTrue(condition(), "it did not happen")
  })

const turnOfTheLoop = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

export const received = (machine: Machine, events: number) =>
  Effect.gen(function*() {
    yield* eventually(() => machine.receiver.events.length >= events)
    assert.strictEqual(machine.receiver.events.length, events)
  })

/** Long enough for what should not happen to happen. */
export const nothingMore = (machine: Machine) =>
  Effect.gen(function*() {
    const { requests } = machine.receiver
    yield* Effect.repeatN(turnOfTheLoop, 1_000)
    assert.strictEqual(machine.receiver.requests, requests)
  })

export const requested = (machine: Machine, requests: number) =>
  Effect.zipRight(eventually(() => machine.receiver.requests >= requests), nothingMore(machine))
