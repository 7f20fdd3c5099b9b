import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Barriers from "../../../../src/infrastructure/storage/cache/Barriers.ts"
import type { Barrier } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"

const barrier = (kind: Barrier["kind"], generation: number, target: Barrier["target"]): Barrier => ({
  kind,
  generation,
  target
})
const key = (name: string) => ({ _tag: "Key", key: name }) as const
const tag = (name: string) => ({ _tag: "Tag", tag: name }) as const
const all = { _tag: "All" } as const

const subject = (name: string, generation: number, ...tags: ReadonlyArray<string>) => ({ key: name, tags, generation })

const after = (recorded: ReadonlyArray<Barrier>, limit?: number) => {
  const barriers = Barriers.make(limit)
  for (const each of recorded) barriers.record(each)
  return barriers
}

const concerns = ({ target }: Barrier, own: Barriers.Subject) =>
  target._tag === "All" || (target._tag === "Key" ? target.key === own.key : own.tags.includes(target.tag))

describe("Barriers", () => {
  it("an entry of the barrier's own generation or a later one is past it", () => {
    for (const target of [key("a"), tag("t"), all]) {
      const barriers = after([barrier("remove", 5, target)])
      assert.strictEqual(barriers.statusOf(subject("a", 4, "t")), "removed")
      assert.strictEqual(barriers.statusOf(subject("a", 5, "t")), "valid")
      assert.strictEqual(barriers.statusOf(subject("a", 6, "t")), "valid")
    }
  })

  it("a barrier concerns its key, its tag or everything, and nothing else", () => {
    assert.strictEqual(after([barrier("expire", 5, key("a"))]).statusOf(subject("t", 1, "a")), "valid")
    assert.strictEqual(after([barrier("expire", 5, tag("t"))]).statusOf(subject("t", 1)), "valid")
    assert.strictEqual(after([barrier("expire", 5, tag("t"))]).statusOf(subject("a", 1, "s", "t")), "expired")
    assert.strictEqual(after([barrier("expire", 5, all)]).statusOf(subject("a", 1)), "expired")
  })

  it("removing counts more than expiring, whichever comes later", () => {
    const barriers = after([barrier("remove", 3, key("a")), barrier("expire", 5, tag("t"))])
    assert.strictEqual(barriers.statusOf(subject("a", 2, "t")), "removed")
    assert.strictEqual(barriers.statusOf(subject("a", 3, "t")), "expired")
    assert.strictEqual(barriers.statusOf(subject("a", 5, "t")), "valid")
  })

  it("recording tells whether it is news, and an older one changes nothing", () => {
    const barriers = after([barrier("expire", 5, tag("t"))])
    assert.isFalse(barriers.record(barrier("expire", 5, tag("t"))))
    assert.isFalse(barriers.record(barrier("expire", 4, tag("t"))))
    assert.isTrue(barriers.record(barrier("remove", 4, tag("t"))))
    assert.strictEqual(barriers.statusOf(subject("a", 4, "t")), "expired")
    assert.strictEqual(barriers.latest(), 5)
  })

  it("beyond the bound a forgotten key refuses old loads and leaves stored entries alone", () => {
    const barriers = after([1, 2, 3].map((n) => barrier("remove", n * 10, key(`k${n}`))), 2)
    assert.isFalse(barriers.admits(subject("k1", 9)))
    assert.isFalse(barriers.admits(subject("other", 9)))
    assert.isTrue(barriers.admits(subject("k1", 10)))
    assert.isFalse(barriers.admits(subject("k2", 15)))
    assert.strictEqual(barriers.statusOf(subject("other", 1)), "valid")
  })

  it("beyond the bound a forgotten tag concerns every older entry", () => {
    const barriers = after([
      barrier("expire", 10, tag("t1")),
      barrier("remove", 20, tag("t2")),
      barrier("remove", 30, tag("t3")),
      barrier("remove", 40, tag("t4"))
    ], 2)
    assert.strictEqual(barriers.statusOf(subject("a", 9)), "removed")
    assert.strictEqual(barriers.statusOf(subject("a", 19)), "removed")
    assert.strictEqual(barriers.statusOf(subject("a", 20)), "valid")
    assert.strictEqual(barriers.statusOf(subject("a", 20, "t3")), "removed")
  })

  it("a barrier once recorded is never lost, in any order and beyond any bound", () => {
    const names = FastCheck.constantFrom("a", "b", "c", "d")
    const targets = FastCheck.oneof(names.map(key), names.map(tag), FastCheck.constant(all))
    const barriers = FastCheck.record({
      kind: FastCheck.constantFrom("expire" as const, "remove" as const),
      generation: FastCheck.integer({ min: 1, max: 30 }),
      target: targets
    })
    const subjects = FastCheck.record({
      key: names,
      tags: FastCheck.uniqueArray(names, { maxLength: 2 }),
      generation: FastCheck.integer({ min: 0, max: 30 })
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(barriers), subjects, (recorded, own) => {
        const hits = recorded.filter((each) => each.generation > own.generation && concerns(each, own))
        const exact = hits.some(({ kind }) => kind === "remove") ? "removed" : hits.length > 0 ? "expired" : "valid"
        assert.strictEqual(after(recorded).statusOf(own), exact)
        assert.strictEqual(after(recorded).admits(own), exact === "valid")
        if (exact !== "valid") assert.isFalse(after(recorded, 1).admits(own))
      }),
      { seed: 4 }
    )
  })
})
