import { Effect, Layer } from "effect"
import { Analytics } from "../../../src/domain/analytics/Analytics.ts"
import * as MemoryAnalytics from "../../../src/infrastructure/services/analytics/MemoryAnalytics.ts"
import * as AnalyticsContract from "../../../src/testing/contract/AnalyticsContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Analytics.Service

const broken = (change: (analytics: Service) => Partial<Service>) =>
  Layer.effect(Analytics, Effect.map(MemoryAnalytics.make, ({ analytics }) => ({ ...analytics, ...change(analytics) })))

bites(
  AnalyticsContract.contract,
  "takes silence for consent",
  Layer.effect(
    Analytics,
    Effect.tap(
      Effect.map(MemoryAnalytics.make, ({ analytics }) => analytics),
      (analytics) => analytics.setConsent("granted")
    )
  )
)

bites(
  AnalyticsContract.contract,
  "keeps what waits when consent is refused",
  broken((analytics) => ({
    setConsent: (consent) => consent === "denied" ? Effect.void : analytics.setConsent(consent)
  }))
)

bites(
  AnalyticsContract.contract,
  "loses every tenth event",
  broken((analytics) => {
    let tracked = 0
    return { track: (event) => (tracked += 1) % 10 === 0 ? Effect.void : analytics.track(event) }
  })
)

bites(
  AnalyticsContract.contract,
  "sends an event twice",
  broken((analytics) => ({ track: (event) => Effect.zipRight(analytics.track(event), analytics.track(event)) }))
)

bites(
  AnalyticsContract.contract,
  "does not count what it drops",
  broken((analytics) => ({
    stats: Effect.map(analytics.stats, (stats) => ({ ...stats, dropped: { ...stats.dropped, TooLarge: 0 } }))
  }))
)
