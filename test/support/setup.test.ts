import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"

const same = (left: unknown, right: unknown) => {
  try {
    assert.deepStrictEqual(left, right)
    return true
  } catch {
    return false
  }
}

describe("deepStrictEqual", () => {
  it("tells none from some, wherever they stand", () => {
    assert.isFalse(same(Option.none(), Option.some(1)))
    assert.isFalse(same(Option.some(1), Option.none()))
    assert.isFalse(same({ a: [Option.some(1)] }, { a: [Option.none()] }))
    assert.isFalse(same(Option.some(Option.none()), Option.some(Option.some(1))))
    assert.isFalse(same(Option.some(1), Option.some(2)))
    assert.isFalse(same(Either.left(1), Either.right(1)))
  })

  it("takes equal ones for equal", () => {
    assert.isTrue(same({ a: [Option.some(1), Option.none()] }, { a: [Option.some(1), Option.none()] }))
    assert.isTrue(same(Either.left([1]), Either.left([1])))
  })
})
