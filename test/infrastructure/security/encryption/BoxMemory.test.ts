import { assert, describe, it } from "@effect/vitest"
import * as BoxMemory from "../../../../src/infrastructure/security/encryption/BoxMemory.ts"

describe("BoxMemory", () => {
  it("a box cannot be transferred with the memory that others share", () => {
    const [one, other] = [BoxMemory.allocate(100).fill(1), BoxMemory.allocate(100).fill(2)]
    try {
      structuredClone(one, { transfer: one.buffer instanceof ArrayBuffer ? [one.buffer] : [] })
    } catch {
      // Newer versions of Node refuse, older ones copy.
    }
    assert.strictEqual(one[99], 1)
    assert.strictEqual(other[99], 2)
  })

  it("boxes are plain byte arrays, whatever their length", () => {
    for (const length of [0, 1, 4096, 4097, 100_000]) {
      const box = BoxMemory.allocate(length)
      assert.strictEqual(box.length, length)
      assert.strictEqual(box.constructor, Uint8Array)
    }
  })
})
