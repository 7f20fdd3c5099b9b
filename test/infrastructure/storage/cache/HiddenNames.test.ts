import { assert, describe, it } from "@effect/vitest"
import type { Barrier, Changes } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as HiddenNames from "../../../../src/infrastructure/storage/cache/HiddenNames.ts"

const secret = (seed: number) => new Uint8Array(32).fill(seed)

const withSecret = (limit?: number) => {
  const names = HiddenNames.make(limit)
  names.setSecret(secret(1))
  const hide = (name: string) => names.hide?.("key", name) ?? ""
  return { names, hide }
}

const put = (...keys: ReadonlyArray<string>): Changes => ({ keys, barriers: [], everything: false })
const everything: Changes = { keys: [], barriers: [], everything: true }

describe("HiddenNames", () => {
  it("hides nothing without a secret, and the same under the same one", () => {
    assert.isUndefined(HiddenNames.make().hide)
    const [one, other] = [withSecret(), withSecret()]
    assert.strictEqual(one.hide("a"), other.hide("a"))
    assert.notStrictEqual(one.hide("a"), one.hide("b"))
    assert.notStrictEqual(one.hide("a"), one.names.hide?.("tag", "a"))
    other.names.setSecret(secret(2))
    assert.notStrictEqual(one.hide("a"), other.hide("a"))
  })

  it("shows what it has met and drops the rest", () => {
    const { hide, names } = withSecret()
    const a = hide("a")
    const barrier: Barrier = { kind: "remove", generation: 1, target: { _tag: "Key", key: "unknown" } }
    assert.deepStrictEqual(names.show({ ...put(a, "unknown"), barriers: [barrier] }), put("a"))
    assert.isUndefined(names.show(put("unknown")))
    assert.deepStrictEqual(names.show(everything), everything)
  })

  it("that has forgotten names takes an unknown one for all of them, once", () => {
    const { hide, names } = withSecret(2)
    for (const name of ["a", "b", "c"]) hide(name)
    assert.deepStrictEqual(names.show(put(hide("c"))), put("c"))
    assert.deepStrictEqual(names.show(put("unknown")), everything)
    assert.isUndefined(names.show(put("unknown")))
  })

  it("forgets the names of another secret", () => {
    const { hide, names } = withSecret()
    const a = hide("a")
    names.setSecret(secret(1))
    assert.deepStrictEqual(names.show(put(a)), put("a"))
    names.setSecret(secret(2))
    assert.deepStrictEqual(names.show(put(a)), everything)
  })
})
