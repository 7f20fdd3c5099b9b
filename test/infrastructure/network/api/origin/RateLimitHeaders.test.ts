import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { parse } from "../../../../../src/infrastructure/network/api/origin/RateLimitHeaders.ts"

const date = Date.UTC(2026, 0, 1, 12, 0, 0, 400)

/** As express-rate-limit 8 sends them. */
const recorded = {
  draft6: {
    "ratelimit-policy": "10;w=1",
    "ratelimit-limit": "10",
    "ratelimit-remaining": "9",
    "ratelimit-reset": "1"
  },
  draft7: { "ratelimit-policy": "10;w=1", ratelimit: "limit=10, remaining=9, reset=1" },
  draft8: {
    "ratelimit-policy": "\"10-in-1sec\"; q=10; w=1; pk=:MTJjYTE3YjQ5YWYy:",
    ratelimit: "\"10-in-1sec\"; r=9; t=1"
  },
  legacy: {
    "x-ratelimit-limit": "10",
    "x-ratelimit-remaining": "9",
    date: "Thu, 01 Jan 2026 12:00:00 GMT",
    "x-ratelimit-reset": String(Date.UTC(2026, 0, 1, 12, 0, 2) / 1000)
  }
}

const known = { remaining: 9, reset: 1000, limit: 10, window: 1000 }

const malformed: ReadonlyArray<Readonly<Record<string, string>>> = [
  {},
  { ratelimit: "" },
  { ratelimit: "garbage" },
  { ratelimit: "\"p\"" },
  { ratelimit: "\"p\";r=-1;t=1" },
  { ratelimit: "\"p\";r=1.5;t=1" },
  { ratelimit: "\"p\";r=\"1\";t=1" },
  { ratelimit: "\"p\";r=1" },
  { ratelimit: "\"p;r=1;t=1" },
  { ratelimit: "(\"p\");r=1;t=1" },
  { ratelimit: "limit=10, remaining=x, reset=1" },
  { ratelimit: "limit=10, reset=1" },
  { "ratelimit-remaining": "9" },
  { "ratelimit-remaining": "9, 8", "ratelimit-reset": "1" },
  { "ratelimit-remaining": "-9", "ratelimit-reset": "1" },
  { "ratelimit-remaining": "NaN", "ratelimit-reset": "1" },
  { "ratelimit-remaining": "9", "ratelimit-reset": "Infinity" },
  { "x-ratelimit-remaining": "9" },
  { "x-ratelimit-remaining": "9", "x-ratelimit-reset": "soon" },
  { "x-ratelimit-remaining": "9", "x-ratelimit-reset": "2026-01-01T12:00:02Z" },
  { "x-ratelimit-remaining": "0x9", "x-ratelimit-reset": "1" }
]

const names = [
  "ratelimit",
  "ratelimit-policy",
  "ratelimit-limit",
  "ratelimit-remaining",
  "ratelimit-reset",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
  "date"
]

describe("RateLimitHeaders", () => {
  it("reads drafts 6, 7 and 8 as express-rate-limit sends them", () => {
    assert.deepStrictEqual(parse(recorded.draft6, date), [{ name: "triple", ...known }])
    assert.deepStrictEqual(parse(recorded.draft7, date), [{ name: "dictionary", ...known }])
    assert.deepStrictEqual(parse(recorded.draft8, date), [{ name: "list 10-in-1sec", ...known }])
  })

  it("reads X-RateLimit, whose reset is a time of day or a number of seconds", () => {
    const read = (reset: string, more: Readonly<Record<string, string>> = {}) =>
      parse({ "x-ratelimit-limit": "10", "x-ratelimit-remaining": "9", "x-ratelimit-reset": reset, ...more }, date)
    assert.deepStrictEqual(parse(recorded.legacy, date), [{ name: "legacy", remaining: 9, reset: 1600, limit: 10 }])
    assert.deepStrictEqual(read("30"), [{ name: "legacy", remaining: 9, reset: 30_000, limit: 10 }])
    assert.deepStrictEqual(read("999999999")[0]?.reset, 999_999_999_000)
    assert.deepStrictEqual(read(String(date + 1500))[0]?.reset, 1500)
    assert.deepStrictEqual(read(String(date / 1000 - 100).split(".")[0] ?? "")[0]?.reset, 0)
  })

  it("counts a time of day on the clock of the server, when that is another", () => {
    const server = Date.UTC(2026, 0, 1, 9)
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(server / 1000 + 7) }
    assert.strictEqual(parse({ ...headers, date: "Thu, 01 Jan 2026 09:00:00 GMT" }, date)[0]?.reset, 7000)
  })

  it("reads all items of a list, with the policy of each", () => {
    assert.deepStrictEqual(
      parse({
        ratelimit: "\"burst\";r=3;t=1, \"day\";r=50;t=3600;pk=:eA==:, \"bytes\";r=0;t=9",
        "ratelimit-policy": "\"burst\";q=10;w=1,\"day\";q=1000;w=86400, \"bytes\";q=1;w=9;qu=\"content-bytes\""
      }, date),
      [
        { name: "list burst", remaining: 3, reset: 1000, limit: 10, window: 1000 },
        { name: "list day", remaining: 50, reset: 3_600_000, limit: 1000, window: 86_400_000 }
      ]
    )
  })

  it("takes the window for the time that an item does not give", () => {
    assert.deepStrictEqual(
      parse({ ratelimit: "\"p\";r=0", "ratelimit-policy": "\"p\";q=5;w=60" }, date)[0]?.reset,
      60_000
    )
  })

  it("reads the limits of drafts that list policies beside them", () => {
    assert.deepStrictEqual(
      parse({ "ratelimit-limit": "10, 10;w=1, 1000;w=3600", "ratelimit-remaining": "4", "ratelimit-reset": "1" }, date),
      [{ name: "triple", remaining: 4, reset: 1000, limit: 10, window: 1000 }]
    )
  })

  it("takes what is malformed for absent", () => {
    for (const headers of malformed) assert.deepStrictEqual(parse(headers, date), [], JSON.stringify(headers))
  })

  it("never throws, and says only what can be counted", () => {
    const nearlyRight = FastCheck.constantFrom(
      ...Object.values(recorded).flatMap((headers) => Object.values<string>(headers)),
      ...malformed.flatMap((headers) => Object.values(headers))
    )
    const damaged = FastCheck.tuple(nearlyRight, FastCheck.nat(40), FastCheck.string()).map(([text, at, more]) =>
      text.slice(0, at) + more + text.slice(at + 1)
    )
    const value = FastCheck.oneof(nearlyRight, damaged, FastCheck.string(), FastCheck.integer().map(String))
    FastCheck.assert(
      FastCheck.property(FastCheck.dictionary(FastCheck.constantFrom(...names), value), (headers) => {
        for (const each of parse(headers, date)) {
          assert.isTrue(Number.isSafeInteger(each.remaining) && each.remaining >= 0)
          assert.isTrue(Number.isFinite(each.reset) && each.reset >= 0)
          assert.isTrue((each.limit ?? 1) > 0 && (each.window ?? 1) > 0)
        }
      }),
      { numRuns: 2000 }
    )
  })
})
