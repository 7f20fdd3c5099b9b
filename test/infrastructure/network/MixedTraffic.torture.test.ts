/**
 * Ten minutes of everything at once; prints the figures of docs/reliability.md. `SOAK_SECONDS` makes it shorter, and then
 * says nothing of memory.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Leftovers from "./traffic/Leftovers.ts"
import * as Soak from "./traffic/Soak.ts"

const { SOAK_SECONDS = "600" } = process.env
const seconds = Number(SOAK_SECONDS)

/** Until compiled code, caches and pools have their size. */
const warmUp = 150

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, count) => all + count, 0)

describe("mixed traffic over a faulty way", () => {
  it.live(
    `for ${SOAK_SECONDS} seconds holds no more memory at the end than after its warm-up`,
    () =>
      Effect.gen(function*() {
        const { samples, ...figures } = yield* Soak.run(seconds)
        const warm = samples.filter(({ at }) => at >= warmUp)
        const growth = { resident: Leftovers.slope(warm, "resident"), live: Leftovers.slope(warm, "live") }
        process.stdout.write(`soak of ${SOAK_SECONDS} s: ${
          JSON.stringify({
            ...figures,
            succeededTogether: sum(figures.succeeded),
            failedTogether: sum(figures.failed),
            growth,
            warm: warm[0],
            last: warm.at(-1)
          })
        }\n`)
        assert.isAbove(figures.calls, 5 * seconds)
        if (seconds >= 300) {
          assert.isBelow(growth.resident, 1)
          assert.isBelow(growth.live, 1)
        }
      }),
    2_000 * seconds + 120_000
  )
})
