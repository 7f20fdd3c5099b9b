import { assert, describe, it } from "@effect/vitest"
import { Quotas } from "../../../../../src/infrastructure/network/api/origin/Quotas.ts"
import type { Observation } from "../../../../../src/infrastructure/network/api/origin/RateLimitHeaders.ts"

const minute = 60_000

const saying = (
  remaining: number,
  { name = "p", ...sizes }: Partial<Pick<Observation, "limit" | "name" | "window">> = {}
): Observation => ({ name, remaining, reset: minute, ...sizes })

interface About {
  readonly number?: number
  readonly sent?: number
  readonly refused?: boolean
  readonly now?: number
}

/** The answer to request `number`, when `sent` had been sent. */
const tell = (
  quotas: Quotas,
  observation: Observation,
  { number = 1, refused = false, sent = number, now = 0 }: About = {}
) => quotas.tell({ number, sent, observation, retryAfter: undefined, refused }, now)

describe("Quotas", () => {
  it("waits for the strictest of several limits, and for as many windows as it takes", () => {
    const quotas = new Quotas()
    tell(quotas, saying(2, { limit: 10, window: minute }))
    tell(quotas, { ...saying(0, { name: "burst" }), reset: 1000 })
    assert.strictEqual(quotas.wait(0, 0, 0), 1000)
    assert.strictEqual(quotas.wait(2, 0, 0), minute)
    assert.strictEqual(quotas.wait(0, 2, 0), minute)
    assert.strictEqual(quotas.wait(12, 0, 0), 2 * minute)
  })

  it("an answer that comes late does not give back what later ones took", () => {
    const quotas = new Quotas()
    tell(quotas, saying(1), { number: 5 })
    tell(quotas, saying(4), { number: 2, sent: 5 })
    assert.strictEqual(quotas.wait(1, 0, 0), minute)
    tell(quotas, saying(4), { number: 6 })
    assert.strictEqual(quotas.wait(3, 0, 0), 0)
  })

  it("takes what ended without a word off every limit that was not told", () => {
    const quotas = new Quotas()
    tell(quotas, saying(1))
    quotas.spend(2, [saying(1)])
    assert.strictEqual(quotas.wait(0, 0, 0), 0)
    quotas.spend(3, [saying(1, { name: "another" })])
    assert.strictEqual(quotas.wait(0, 0, 0), minute)
  })

  it("starts windows of known size again and forgets other limits when their time is over", () => {
    const quotas = new Quotas()
    tell(quotas, saying(0, { limit: 10, window: minute }))
    assert.isFalse(quotas.renew(minute, 7))
    assert.strictEqual(quotas.wait(9, 0, minute), 0)
    assert.strictEqual(quotas.wait(10, 0, minute), minute)
    tell(quotas, saying(0, { name: "sizeless" }), { now: minute })
    assert.isTrue(quotas.renew(2 * minute, 8))
    assert.isFalse(quotas.isEmpty)
  })

  it("answers of a window that is over say nothing of the next, unless they refuse", () => {
    const quotas = new Quotas()
    tell(quotas, saying(5, { limit: 10, window: minute }))
    quotas.renew(minute, 9)
    tell(quotas, saying(0), { number: 9, now: minute })
    quotas.spend(9, [])
    assert.strictEqual(quotas.wait(9, 0, minute), 0)
    tell(quotas, saying(0), { number: 9, now: minute, refused: true })
    assert.strictEqual(quotas.wait(0, 0, minute), minute)
  })

  it("keeps eight limits, the oldest of which goes first", () => {
    const quotas = new Quotas()
    tell(quotas, saying(0, { name: "oldest" }))
    for (let other = 0; other < 8; other++) tell(quotas, saying(1, { name: String(other) }))
    assert.strictEqual(quotas.wait(0, 0, 0), 0)
  })
})
