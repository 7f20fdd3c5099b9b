import { assert, describe, it } from "@effect/vitest"
import * as ApiPolicy from "../../../../../src/infrastructure/network/api/ApiPolicy.ts"
import { Latencies } from "../../../../../src/infrastructure/network/api/origin/Latencies.ts"

const make = () => new Latencies(ApiPolicy.defaults.hedge)

describe("Latencies", () => {
  it("tells how long 95 of 100 answers took at most, a twentieth too much at worst", () => {
    const latencies = make()
    for (let each = 1; each <= 1000; each++) latencies.record("GET /a", each, each)
    for (const [share, exact] of [[0.5, 500], [0.95, 950], [0.99, 990]] as const) {
      const told = latencies.percentile("GET /a", share, 20, 1000) ?? 0
      assert.isAtLeast(told, exact)
      assert.isAtMost(told, exact * 1.05)
    }
  })

  it("tells nothing of few answers, and nothing of other endpoints", () => {
    const latencies = make()
    for (let each = 0; each < 19; each++) latencies.record("GET /a", 10, 0)
    assert.isUndefined(latencies.percentile("GET /a", 0.95, 20, 0))
    latencies.record("GET /a", 10, 0)
    assert.isDefined(latencies.percentile("GET /a", 0.95, 20, 0))
    assert.isUndefined(latencies.percentile("GET /b", 0.95, 1, 0))
  })

  it("forgets what is older than the window", () => {
    const latencies = make()
    latencies.record("GET /a", 5000, 0)
    latencies.record("GET /a", 10, 30_000)
    assert.isAtLeast(latencies.percentile("GET /a", 0.95, 1, 49_000) ?? 0, 5000)
    assert.isBelow(latencies.percentile("GET /a", 0.95, 1, 60_000) ?? 0, 11)
    assert.isUndefined(latencies.percentile("GET /a", 0.95, 1, 300_000))
  })

  it("keeps what is longer than a minute as a minute", () => {
    const latencies = make()
    latencies.record("GET /a", 1e9, 0)
    assert.isAtLeast(latencies.percentile("GET /a", 0.95, 1, 0) ?? 0, 60_000)
  })
})
