/**
 * What every `Analytics` must do, with a receiver that takes everything and nobody asked for consent yet. Not covered:
 * durability, other processes and a receiver that fails.
 */
import { Effect } from "effect"
import type { AnalyticsStats } from "../../domain/analytics/Analytics.ts"
import { Analytics } from "../../domain/analytics/Analytics.ts"
import { AnalyticsEvent } from "../../domain/analytics/AnalyticsEvent.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const event = (text = "value") =>
  new AnalyticsEvent({ name: "note added", properties: { text, count: 1, first: true } })

type Expected = Partial<Omit<AnalyticsStats, "dropped">> & { readonly dropped?: Partial<AnalyticsStats["dropped"]> }

const counted = ({ dropped: reasons = {}, queued, sent }: Expected) =>
  Effect.gen(function*() {
    const stats = yield* Effect.flatMap(Analytics, (analytics) => analytics.stats)
    const { ConsentMissing, QueueFull, Rejected, Storage, TooLarge } = stats.dropped
    const found = `${stats.queued} queued, ${stats.sent} sent, dropped ${Object.values(stats.dropped).join(", ")}`
    yield* ensure(queued === undefined || stats.queued === queued, found)
    yield* ensure(sent === undefined || stats.sent === sent, found)
    yield* ensure(ConsentMissing === (reasons.ConsentMissing ?? 0) && Rejected === (reasons.Rejected ?? 0), found)
    yield* ensure(TooLarge === (reasons.TooLarge ?? 0) && Storage === (reasons.Storage ?? 0), found)
    yield* ensure(QueueFull === (reasons.QueueFull ?? 0), found)
  })

const granted = Effect.gen(function*() {
  const analytics = yield* Analytics
  yield* analytics.setConsent("granted")
  return analytics
})

const most = 10_000

export const contract: Contract<Analytics> = {
  name: "Analytics",
  cases: [
    contractCase(
      "stores nothing before somebody agreed, and counts it",
      Effect.gen(function*() {
        const analytics = yield* Analytics
        yield* ensure((yield* analytics.consent) === "unset", "there is an answer")
        yield* analytics.track(event())
        yield* counted({ queued: 0, sent: 0, dropped: { ConsentMissing: 1 } })
        yield* analytics.setConsent("granted")
        const { sent } = yield* analytics.flush("1 second")
        yield* ensure(sent === 0, "it was kept all the same")
      })
    ),
    contractCase(
      "remembers the answer",
      Effect.gen(function*() {
        const analytics = yield* Analytics
        for (const answer of ["granted", "denied", "unset", "granted"] as const) {
          yield* analytics.setConsent(answer)
          yield* ensure((yield* analytics.consent) === answer, `it is not "${answer}"`)
        }
      })
    ),
    contractCase(
      "keeps events until they are sent, and sends them once",
      Effect.gen(function*() {
        const analytics = yield* granted
        yield* Effect.repeatN(analytics.track(event()), 249)
        yield* counted({ queued: 250, sent: 0 })
        const first = yield* analytics.flush("1 minute")
        yield* ensure(first.sent === 250 && first.pending === 0 && first.dropped === 0, `${first.sent} were sent`)
        yield* counted({ queued: 0, sent: 250 })
        const second = yield* analytics.flush("1 minute")
        yield* ensure(second.sent === 0, "some were sent again")
      })
    ),
    contractCase(
      "deletes what waits when consent is refused",
      Effect.gen(function*() {
        const analytics = yield* granted
        yield* analytics.track(event())
        yield* analytics.setConsent("denied")
        yield* counted({ queued: 0 })
        yield* analytics.setConsent("granted")
        const { sent } = yield* analytics.flush("1 second")
        yield* ensure(sent === 0, "it was sent all the same")
      })
    ),
    contractCase(
      "drops an event that is too large, and only that",
      Effect.gen(function*() {
        const analytics = yield* granted
        yield* analytics.track(event("x".repeat(33 * 1024)))
        yield* analytics.track(event())
        yield* counted({ queued: 1, dropped: { TooLarge: 1 } })
      })
    ),
    contractCase(
      "keeps a bounded number of events and counts what had to go",
      Effect.gen(function*() {
        const analytics = yield* granted
        yield* Effect.repeatN(analytics.track(event()), most + 9)
        const { dropped, queued, sent } = yield* analytics.stats
        yield* ensure(queued <= most && queued > most / 2, `${queued} events wait`)
        yield* ensure(queued + sent + dropped.QueueFull === most + 10, `${dropped.QueueFull} were counted`)
      })
    ),
    contractCase(
      "takes events from many fibers at once",
      Effect.gen(function*() {
        const analytics = yield* granted
        yield* Effect.forEach(Array.from({ length: 100 }), () => analytics.track(event()), { concurrency: 100 })
        yield* counted({ queued: 100 })
      })
    )
  ]
}
