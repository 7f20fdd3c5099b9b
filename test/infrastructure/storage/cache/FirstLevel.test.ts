import { assert, describe, it } from "@effect/vitest"
import * as FirstLevel from "../../../../src/infrastructure/storage/cache/FirstLevel.ts"
import type { Cached } from "../../../../src/infrastructure/storage/cache/FirstLevel.ts"

const region = {}

const entry = (key: string, generation: number, more: Partial<Cached> = {}): Cached => ({
  key,
  generation,
  tags: [],
  expired: false,
  region,
  value: `${key}${generation}`,
  bytes: 100,
  storedAt: 0,
  eagerUntil: 1000,
  freshUntil: 1000,
  revalidateUntil: 1000,
  keptUntil: 1000,
  ...more
})

/** As a read does that nothing comes between. */
const read = (first: FirstLevel.FirstLevel, one: Cached) => first.keep(first.startReading(one.key), one)

const write = (first: FirstLevel.FirstLevel, one: Cached) => first.endWriting(first.startWriting(one.key), one)

const key = (name: string) => ({ _tag: "Key", key: name }) as const
const nothing = { keys: [], barriers: [], everything: false }

describe("FirstLevel", () => {
  it("keeps what was read and what was written", () => {
    const first = FirstLevel.make()
    read(first, entry("a", 1))
    write(first, entry("b", 2))
    assert.strictEqual(first.get("a")?.value, "a1")
    assert.strictEqual(first.get("b")?.value, "b2")
  })

  it("does not keep what was read before something was written, was being written, or was told by others", () => {
    for (
      const between of [
        (first: FirstLevel.FirstLevel) => write(first, entry("a", 2)),
        (first: FirstLevel.FirstLevel) => first.endWriting(first.startWriting("a")),
        (first: FirstLevel.FirstLevel) => void first.startWriting("a"),
        (first: FirstLevel.FirstLevel) => first.apply({ ...nothing, keys: ["a"] }),
        (first: FirstLevel.FirstLevel) => first.apply({ ...nothing, everything: true }),
        (first: FirstLevel.FirstLevel) => void first.record({ kind: "expire", generation: 5, target: key("a") }),
        (first: FirstLevel.FirstLevel) => first.clear()
      ]
    ) {
      const first = FirstLevel.make()
      const ticket = first.startReading("a")
      between(first)
      first.keep(ticket, entry("a", 1))
      assert.notStrictEqual(first.get("a")?.value, "a1")
    }
  })

  it("does not keep what was read while something was written, after that has ended", () => {
    const first = FirstLevel.make()
    const writing = first.startWriting("a")
    const reading = first.startReading("a")
    first.endWriting(writing)
    first.keep(reading, entry("a", 1))
    assert.isUndefined(first.get("a"))
  })

  it("keeps neither of two writes of one key whose order it cannot know", () => {
    for (const order of [[0, 1], [1, 0]] as const) {
      const first = FirstLevel.make()
      const tickets = [first.startWriting("a"), first.startWriting("a")] as const
      for (const index of order) first.endWriting(tickets[index], entry("a", index))
      assert.isUndefined(first.get("a"))
      write(first, entry("a", 3))
      assert.strictEqual(first.get("a")?.value, "a3")
    }
  })

  it("writes of other keys do not keep a read from being kept, unless there were too many to remember", () => {
    const first = FirstLevel.make()
    const ticket = first.startReading("a")
    for (let index = 0; index < 1000; index += 1) write(first, entry(`other ${index}`, index))
    first.keep(ticket, entry("a", 1))
    assert.strictEqual(first.get("a")?.value, "a1")
    const late = first.startReading("b")
    for (let index = 0; index < 2000; index += 1) write(first, entry(`other ${index}`, index))
    first.keep(late, entry("b", 1))
    assert.isUndefined(first.get("b"))
  })

  it("applies what was invalidated, once, to what it has and to what comes", () => {
    const first = FirstLevel.make()
    read(first, entry("a", 1, { tags: ["x"] }))
    read(first, entry("b", 1))
    assert.isTrue(first.record({ kind: "expire", generation: 2, target: { _tag: "Tag", tag: "x" } }))
    assert.isFalse(first.record({ kind: "expire", generation: 2, target: { _tag: "Tag", tag: "x" } }))
    assert.isTrue(first.get("a")?.expired)
    assert.isFalse(first.get("b")?.expired)
    read(first, entry("c", 1, { tags: ["x"] }))
    assert.isTrue(first.get("c")?.expired)
    first.record({ kind: "remove", generation: 3, target: { _tag: "All" } })
    for (const name of ["a", "b", "c"]) assert.isUndefined(first.get(name))
    read(first, entry("a", 3))
    assert.strictEqual(first.get("a")?.value, "a3")
  })

  it("is bounded by entries and by bytes", () => {
    const few = FirstLevel.make({ maxEntries: 2 })
    for (const name of ["a", "b", "c"]) read(few, entry(name, 1))
    assert.isUndefined(few.get("a"))
    assert.isDefined(few.get("c"))
    const small = FirstLevel.make({ maxBytes: 250 })
    for (const name of ["a", "b", "c"]) read(small, entry(name, 1))
    assert.isUndefined(small.get("a"))
    read(small, entry("c", 2, { bytes: 300 }))
    assert.isUndefined(small.get("c"))
  })
})
