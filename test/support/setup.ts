import { addEqualityTesters } from "@effect/vitest"
import { Effect } from "effect"
import { chai } from "vitest"

addEqualityTesters()

const isEffect = (value: unknown): value is object => Effect.isEffect(value)

const fields = (effect: object) => Object.keys(effect).length

/** `assert` takes two values with another number of fields for equal when they iterate alike, as `none` and `some(1)` do. */
chai.config.deepEqual = (expected, actual) =>
  chai.util.eql(expected, actual, {
    comparator: (left: unknown, right: unknown) =>
      isEffect(left) && isEffect(right) && fields(left) !== fields(right) ? false : null
  })
