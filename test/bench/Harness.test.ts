import { assert, describe, it } from "@effect/vitest"
import type { Benchmark, Side } from "../../bench/Harness.ts"
import { fails, judge, measure, median } from "../../bench/Harness.ts"

const benchmark = (changes: Partial<Benchmark> = {}): Benchmark => ({
  group: "group",
  name: "name",
  unit: "ms",
  better: "lower",
  target: 2,
  subject: () => ({ sample: () => 30 }),
  peer: { name: "peer", subject: () => ({ sample: () => 10 }) },
  ...changes
})

const alone = (changes: Partial<Benchmark> = {}): Benchmark => {
  const { peer: _, ...rest } = benchmark(changes)
  return rest
}

describe("a benchmark's verdict", () => {
  const better = { lower: benchmark(), higher: benchmark({ better: "higher" }) } as const
  for (
    const { check, judged, met, title } of [
      { title: "lower, ratio below the target", judged: judge(better.lower, 10, 10), met: true, check: false },
      { title: "lower, ratio on the target", judged: judge(better.lower, 20, 10), met: true, check: false },
      { title: "lower, missed by less than 20 %", judged: judge(better.lower, 23, 10), met: false, check: false },
      { title: "lower, missed by more than 20 %", judged: judge(better.lower, 25, 10), met: false, check: true },
      { title: "higher, ratio above the target", judged: judge(better.higher, 30, 10), met: true, check: false },
      { title: "higher, missed by less than 20 %", judged: judge(better.higher, 17, 10), met: false, check: false },
      { title: "higher, missed by more than 20 %", judged: judge(better.higher, 15, 10), met: false, check: true },
      { title: "no peer, value within the target", judged: judge(alone(), 2, undefined), met: true, check: false },
      { title: "no peer, value beyond the target", judged: judge(alone(), 3, undefined), met: false, check: true },
      { title: "no sample at all", judged: judge(better.lower, Number.NaN, 10), met: false, check: true }
    ]
  ) {
    it(`${title}: met is ${met}, --check ${check ? "fails" : "passes"}`, () => {
      assert.strictEqual(judged.met, met)
      assert.strictEqual(fails(judged, { check: true, ci: true }), check)
      assert.strictEqual(fails(judged, { check: false, ci: true }), false)
    })
  }

  it("is unknown without the peer, which fails in CI only", () => {
    const judged = judge(benchmark(), 20, undefined)
    assert.deepStrictEqual(judged, {
      group: "group",
      name: "name",
      unit: "ms",
      value: 20,
      peer: "peer",
      target: 2,
      better: "lower",
      met: null
    })
    assert.strictEqual(fails(judged, { check: true, ci: false }), false)
    assert.strictEqual(fails(judged, { check: false, ci: true }), true)
  })

  it("carries the ratio to the peer", () => {
    assert.strictEqual(judge(benchmark(), 30, 10).ratio, 3)
    assert.notProperty(judge(alone(), 30, undefined), "ratio")
    assert.notProperty(judge(alone(), 30, undefined), "peer")
  })
})

describe("median", () => {
  it("is the middle, or the mean of the two middles", () => {
    assert.strictEqual(median([9, 1, 5]), 5)
    assert.strictEqual(median([9, 1, 5, 7]), 6)
    assert.isNaN(median([]))
  })
})

describe("measure", () => {
  it("interleaves both sides, drops the first round and closes both", async () => {
    const events: Array<string> = []
    const side = (name: string, values: ReadonlyArray<number>): Side => {
      let next = 0
      return {
        sample: () => {
          events.push(name)
          return values[next++] ?? Number.NaN
        },
        close: async () => {
          events.push(`${name} closed`)
        }
      }
    }
    const result = await measure(
      benchmark({
        subject: () => side("ours", [999, 4, 6, 5]),
        peer: { name: "peer", subject: () => side("theirs", [1, 2, 2, 2]) }
      }),
      3
    )
    assert.strictEqual(result.value, 5)
    assert.strictEqual(result.ratio, 2.5)
    assert.deepStrictEqual(events, [
      "theirs",
      "ours",
      "ours",
      "theirs",
      "theirs",
      "ours",
      "ours",
      "theirs",
      "ours closed",
      "theirs closed"
    ])
  })

  it("gives null for a peer that this machine does not have", async () => {
    const result = await measure(benchmark({ peer: { name: "peer", subject: () => undefined } }), 1)
    assert.strictEqual(result.met, null)
    assert.strictEqual(result.value, 30)
  })

  it("refuses to measure nothing", async () => {
    const failure = await measure(benchmark({ subject: () => undefined }), 1).catch((error: unknown) => error)
    assert.instanceOf(failure, Error)
  })
})
