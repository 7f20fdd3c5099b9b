import { assert, describe, it } from "@effect/vitest"
import * as FailedLoads from "../../../../src/infrastructure/storage/cache/FailedLoads.ts"

const failure = { error: "no", now: 0, throttle: 1000, random: 1, given: 0 }

describe("FailedLoads", () => {
  it("a failure counts for as long as it throttles or is given, whichever is longer", () => {
    const failures = FailedLoads.make()
    failures.record("a", failure)
    failures.record("b", { ...failure, given: 5000 })
    assert.strictEqual(failures.of("a", 999)?.error, "no")
    assert.isUndefined(failures.of("a", 1000))
    assert.strictEqual(failures.of("b", 4999)?.error, "no")
    assert.isUndefined(failures.of("b", 5000))
    assert.isUndefined(failures.of("c", 0))
  })

  it("the time between attempts is never less than the first, and grows threefold at most, to a minute", () => {
    for (const random of [0, 0.5, 1]) {
      const failures = FailedLoads.make()
      let before = 0
      for (let attempt = 0; attempt < 20; attempt += 1) {
        failures.record("a", { ...failure, random })
        const throttle = failures.of("a", 0)?.throttle ?? 0
        assert.isAtLeast(throttle, 1000)
        assert.isAtMost(throttle, Math.min(60_000, Math.max(1000, before * 3)))
        before = throttle
      }
      assert.strictEqual(before, random === 0 ? 1000 : random === 1 ? 60_000 : before)
    }
  })

  it("a policy's own longer time is kept to", () => {
    const failures = FailedLoads.make()
    for (let attempt = 0; attempt < 3; attempt += 1) failures.record("a", { ...failure, throttle: 300_000 })
    assert.strictEqual(failures.of("a", 0)?.throttle, 300_000)
  })

  it("forgetting begins anew", () => {
    const failures = FailedLoads.make()
    for (let attempt = 0; attempt < 5; attempt += 1) failures.record("a", failure)
    failures.forget("a")
    assert.isUndefined(failures.of("a", 0))
    failures.record("a", failure)
    assert.strictEqual(failures.of("a", 0)?.throttle, 1000)
    failures.forgetAll()
    assert.isUndefined(failures.of("a", 0))
  })

  it("keeps a bounded number of them", () => {
    const failures = FailedLoads.make()
    for (let index = 0; index < 20_000; index += 1) failures.record(`${index}`, failure)
    assert.isUndefined(failures.of("0", 0))
    assert.isDefined(failures.of("19999", 0))
  })
})
