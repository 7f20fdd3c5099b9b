import { assert, describe, it } from "@effect/vitest"
import { TokenBucket } from "../../../../../src/infrastructure/network/api/origin/TokenBucket.ts"

const tenPerSecond = () => new TokenBucket({ limit: 10, window: "1 second" })

describe("TokenBucket", () => {
  it("gives a window's worth at once, and then one after the other", () => {
    const bucket = tenPerSecond()
    for (let taken = 0; taken < 10; taken++) {
      assert.strictEqual(bucket.wait(0, 0), 0)
      bucket.take()
    }
    assert.strictEqual(bucket.wait(0, 0), 100)
    assert.strictEqual(bucket.wait(4, 0), 500)
    assert.strictEqual(bucket.wait(0, 60), 40)
    assert.strictEqual(bucket.wait(0, 100), 0)
  })

  it("takes back what was not used, and never holds more than a window's worth", () => {
    const bucket = tenPerSecond()
    bucket.take()
    bucket.giveBack()
    assert.strictEqual(bucket.wait(9, 0), 0)
    assert.strictEqual(bucket.wait(9, 3_600_000), 0)
    assert.strictEqual(bucket.wait(10, 3_600_000), 100)
  })
})
