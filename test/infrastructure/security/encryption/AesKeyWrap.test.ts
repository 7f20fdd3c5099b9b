import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as AesKeyWrap from "../../../../src/infrastructure/security/encryption/AesKeyWrap.ts"

const kek = Buffer.alloc(32, 1)

describe("AesKeyWrap", () => {
  it("an unwrapped key stands in memory of its own", () => {
    for (const length of [16, 32, 64]) {
      const key = Buffer.alloc(length, 2)
      const unwrapped = [
        AesKeyWrap.unwrap(kek, AesKeyWrap.wrap(kek, key)),
        AesKeyWrap.unwrapPadded(kek, AesKeyWrap.wrapPadded(kek, key))
      ]
      for (const result of unwrapped.map(Option.getOrThrow)) {
        assert.deepStrictEqual([...result], [...key])
        assert.isAtMost(result.buffer.byteLength, length + 16)
      }
    }
  })
})
