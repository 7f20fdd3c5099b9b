/**
 * Product analytics in memory: the same rules, and a receiver that takes everything.
 */
import { Context, Effect, Either, Layer, Ref, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { Analytics, AnalyticsStats, FlushReport } from "../../../domain/analytics/Analytics.ts"
import type { AnalyticsEvent } from "../../../domain/analytics/AnalyticsEvent.ts"
import type { Consent } from "../../../domain/analytics/Consent.ts"
import { TrackEvent } from "../../network/api/contract/AnalyticsApi.ts"
import { maxQueuedBytes, maxQueuedEvents } from "./AnalyticsLimits.ts"
import * as DropCounts from "./DropCounts.ts"
import * as TrackedEvent from "./TrackedEvent.ts"

/** What the receiver got, oldest first. */
export class ReceivedEvents
  extends Context.Tag("effect-strata/infrastructure/services/analytics/MemoryAnalytics/ReceivedEvents")<
    ReceivedEvents,
    Effect.Effect<ReadonlyArray<TrackEvent>>
  >()
{}

const decode = Schema.decodeSync(Schema.parseJson(TrackEvent))

export const make = Effect.gen(function*() {
  const consent = yield* Ref.make<Consent>("unset")
  const drops = DropCounts.make()
  const received: Array<string> = []
  const anonymousId = randomUUID()
  const queue: Array<{ readonly line: string; readonly bytes: number }> = []
  let queuedBytes = 0

  const trim = () => {
    let dropped = 0
    while (queue.length > maxQueuedEvents || queuedBytes > maxQueuedBytes) {
      queuedBytes -= queue.shift()?.bytes ?? 0
      dropped += 1
    }
    return dropped
  }

  const takeAll = () => {
    queuedBytes = 0
    return queue.splice(0)
  }

  const track = (event: AnalyticsEvent) =>
    Effect.gen(function*() {
      if ((yield* Ref.get(consent)) !== "granted") return yield* drops.add("ConsentMissing")
      const tracked = yield* TrackedEvent.make(event, anonymousId)
      if (Either.isLeft(tracked)) return yield* drops.add(tracked.left)
      queue.push(tracked.right)
      queuedBytes += tracked.right.bytes
      yield* drops.add("QueueFull", trim())
    })

  const analytics = Analytics.of({
    track,
    consent: Ref.get(consent),
    setConsent: (answer) =>
      Effect.tap(Ref.set(consent, answer), () => {
        if (answer !== "granted") takeAll()
      }),
    flush: () =>
      Effect.sync(() => {
        const lines = takeAll().map(({ line }) => line)
        received.push(...lines)
        return new FlushReport({ sent: lines.length, pending: 0, dropped: 0 })
      }),
    stats: Effect.sync(() => new AnalyticsStats({ queued: queue.length, sent: received.length, dropped: drops.read() }))
  })
  return { analytics, received: Effect.sync(() => received.map((line) => decode(line))) }
})

/** Volatile: consent is "unset" again with every build. Sends only when told to. */
export const layer: Layer.Layer<Analytics | ReceivedEvents> = Layer.effectContext(
  Effect.map(
    make,
    ({ analytics, received }) => Context.make(Analytics, analytics).pipe(Context.add(ReceivedEvents, received))
  )
)
