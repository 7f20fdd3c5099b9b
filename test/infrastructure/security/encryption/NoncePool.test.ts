import { assert, describe, it } from "@effect/vitest"
import * as NoncePool from "../../../../src/infrastructure/security/encryption/NoncePool.ts"

describe("NoncePool", () => {
  it("hands no byte out twice: 2^17 nonces are different", () => {
    const count = 2 ** 17
    const drawn = new BigUint64Array(count)
    const nonce = new Uint8Array(12)
    const view = new DataView(nonce.buffer)
    for (let index = 0; index < count; index++) {
      NoncePool.fillNonce(nonce, 0, 12)
      drawn[index] = view.getBigUint64(0)
    }
    drawn.sort()
    assert.isFalse(drawn.some((value, index) => index > 0 && value === drawn[index - 1]))
  })

  it("fills what was asked for and nothing around it, across the end of the pool", () => {
    for (let round = 0; round < 2000; round++) {
      const target = new Uint8Array(64)
      NoncePool.fillNonce(target, 10, 24)
      assert.isTrue(target.every((byte, index) => (index >= 10 && index < 34) || byte === 0))
      assert.isTrue(target.subarray(10, 34).some((byte) => byte !== 0))
    }
  })
})
