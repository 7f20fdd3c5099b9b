import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ProcessIdentity from "../../../../src/infrastructure/storage/local/ProcessIdentity.ts"

const parts = (own: string) => {
  const [pid = "", started = "", ...place] = own.split("|")
  return { pid, started, place: place.join("|") }
}

describe("ProcessIdentity", () => {
  it.effect("two makings of one process give the same identity, which is alive", () =>
    Effect.gen(function*() {
      const { isDead, own } = yield* ProcessIdentity.make
      assert.strictEqual((yield* ProcessIdentity.make).own, own)
      assert.isFalse(isDead(own))
    }))

  it.effect("an id that nobody has is dead, here only", () =>
    Effect.gen(function*() {
      const { isDead, own } = yield* ProcessIdentity.make
      const { place, started } = parts(own)
      // One above the largest that Linux gives.
      assert.isTrue(isDead(`4194305|${started}|${place}`))
      assert.isFalse(isDead(`4194305|${started}|${place}x`))
      assert.isFalse(isDead(`4194305|${started}|`))
    }))

  it.effect.skipIf(process.platform !== "linux")(
    "a process with the id of an earlier one is not taken for it",
    () =>
      Effect.gen(function*() {
        const { isDead, own } = yield* ProcessIdentity.make
        const { pid, place, started } = parts(own)
        assert.isTrue(isDead(`${pid}|${Number(started) - 1}|${place}`))
        assert.isFalse(isDead(`${pid}||${place}`))
      })
  )

  it.effect("what is no identity is not known to be dead", () =>
    Effect.gen(function*() {
      const { isDead, own } = yield* ProcessIdentity.make
      const { place } = parts(own)
      for (const odd of ["", "0", "-1", "1.5", "abc", "1e3", "01"]) assert.isFalse(isDead(`${odd}|1|${place}`), odd)
    }))
})
