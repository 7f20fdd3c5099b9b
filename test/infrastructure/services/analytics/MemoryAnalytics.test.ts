import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Analytics } from "../../../../src/domain/analytics/Analytics.ts"
import { AnalyticsEvent } from "../../../../src/domain/analytics/AnalyticsEvent.ts"
import * as MemoryAnalytics from "../../../../src/infrastructure/services/analytics/MemoryAnalytics.ts"
import * as AnalyticsContract from "../../../../src/testing/contract/AnalyticsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(AnalyticsContract.contract, "memory", MemoryAnalytics.layer)

it.effect("shows what the receiver got", () =>
  Effect.gen(function*() {
    const analytics = yield* Analytics
    yield* analytics.setConsent("granted")
    yield* analytics.track(new AnalyticsEvent({ name: "opened", properties: { count: 2 } }))
    yield* analytics.flush("1 second")
    const [received] = yield* Effect.flatten(MemoryAnalytics.ReceivedEvents)
    assert.strictEqual(received?.event, "opened")
    assert.deepStrictEqual(received?.properties, { count: 2 })
  }).pipe(Effect.provide(MemoryAnalytics.layer)))
