import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import type { CachePolicy } from "../../../../src/domain/storage/CachePolicy.ts"
import { actionOf, isCurrent, stateOf } from "../../../../src/infrastructure/storage/cache/EntryState.ts"
import type { Ages, State } from "../../../../src/infrastructure/storage/cache/EntryState.ts"
import * as Lifetime from "../../../../src/infrastructure/storage/cache/Lifetime.ts"

const ages: Ages = { eagerUntil: 50, freshUntil: 100, revalidateUntil: 150, keptUntil: 1000, expired: false }
const without: Ages = { eagerUntil: 100, freshUntil: 100, revalidateUntil: 100, keptUntil: 100, expired: false }

/** Ages at which a state begins, and the one before. */
const table: ReadonlyArray<readonly [ages: Ages, age: number, state: State]> = [
  [ages, 0, "fresh"],
  [ages, 49, "fresh"],
  [ages, 50, "eager"],
  [ages, 99, "eager"],
  [ages, 100, "revalidate"],
  [ages, 149, "revalidate"],
  [ages, 150, "stale"],
  [ages, 999, "stale"],
  [ages, 1000, "dead"],
  [without, 99, "fresh"],
  [without, 100, "dead"],
  [{ ...without, revalidateUntil: 150, keptUntil: 150 }, 149, "revalidate"],
  [{ ...without, revalidateUntil: 150, keptUntil: 150 }, 150, "dead"],
  // Expired: a fall-back, where there is to be one.
  [{ ...ages, expired: true }, 0, "stale"],
  [{ ...ages, expired: true }, 120, "stale"],
  [{ ...ages, expired: true }, 999, "stale"],
  [{ ...ages, expired: true }, 1000, "dead"],
  [{ ...without, expired: true }, 0, "dead"],
  [{ ...without, revalidateUntil: 150, keptUntil: 150, expired: true }, 120, "dead"],
  // From the future: the clock was put right, or set back.
  [ages, -1, "fresh"],
  [ages, -5000, "fresh"],
  [ages, -5001, "stale"],
  [without, -5000, "fresh"],
  [without, -5001, "dead"],
  [{ ...ages, expired: true }, -5001, "stale"]
]

const agesOf = (policy: CachePolicy, random = 0) => Lifetime.agesOf(Lifetime.of(policy), random)

describe("EntryState", () => {
  for (const [of, age, state] of table) {
    const kind = `${of.expired ? "expired, " : ""}kept until ${of.keptUntil}`
    it(`at ${age}, ${kind}, an entry is ${state}`, () => assert.strictEqual(stateOf(of, age), state))
  }

  it("each state asks for one thing, and for another shortly after a failure", () => {
    const seen = (["fresh", "eager", "revalidate", "stale", "dead"] as const).map((state) =>
      [false, true].map((throttled) => {
        const { inBackground, serve } = actionOf(state, throttled)
        return `${serve}${inBackground ? " and load" : ""}`
      }).join(", then ")
    )
    assert.deepStrictEqual(seen, [
      "fresh, then fresh",
      "fresh and load, then fresh",
      "stale and load, then failSafe",
      "wait, then failSafe",
      "wait, then wait"
    ])
  })

  it("a load is needless when what it is to bring is there", () => {
    assert.isTrue(isCurrent("fresh", "fresh"))
    assert.isFalse(isCurrent("eager", "fresh"))
    assert.isTrue(isCurrent("eager", "eager"))
    assert.isFalse(isCurrent("revalidate", "eager"))
  })
})

describe("Lifetime", () => {
  it("ages add up, round up, and have an end that a database can hold", () => {
    assert.deepStrictEqual(agesOf({ timeToLive: 100 }), { freshUntil: 100, revalidateUntil: 100, keptUntil: 100 })
    assert.deepStrictEqual(
      agesOf({ timeToLive: 100, jitterMax: 10, staleWhileRevalidate: 50, failSafeMaxAge: 1000 }, 0.5),
      { freshUntil: 105, revalidateUntil: 155, keptUntil: 1000 }
    )
    assert.strictEqual(agesOf({ timeToLive: 100, staleWhileRevalidate: 50, failSafeMaxAge: 10 }).keptUntil, 150)
    assert.strictEqual(agesOf({ timeToLive: "500 micros" }).freshUntil, 1)
    const endless = agesOf({ timeToLive: Duration.infinity, staleWhileRevalidate: Duration.infinity })
    assert.isTrue(Object.values(endless).every((age) => Number.isSafeInteger(age)))
  })

  it("a threshold that is no part of the time to live is none", () => {
    for (const eagerRefreshThreshold of [-1, 0, 1, 2, Number.NaN]) {
      assert.strictEqual(Lifetime.of({ timeToLive: 100, eagerRefreshThreshold }).eagerPart, 1)
    }
    assert.strictEqual(Lifetime.of({ timeToLive: 100, eagerRefreshThreshold: 0.8 }).eagerPart, 0.8)
  })
})
