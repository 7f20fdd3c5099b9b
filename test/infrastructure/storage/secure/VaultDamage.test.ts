import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Redacted } from "effect"
import { existsSync, readFileSync } from "node:fs"
import * as Framing from "../../../../src/infrastructure/storage/secure/Framing.ts"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import type * as VaultFile from "../../../../src/infrastructure/storage/secure/VaultFile.ts"
import { replaceFile } from "./replaceFile.ts"
import * as VaultFixture from "./VaultFixture.ts"
import { decoded, failureOf, forged, read, slotKey, slotKeyOf, vaultOf } from "./VaultSamples.ts"

const values = { token: "first", other: "second" }
const small = Vault.encode(vaultOf(values))
const mac = small.subarray(-32)

describe("a damaged vault", () => {
  it("opens undamaged", () => assert.isUndefined(failureOf(small)))

  it("fails typed for every flipped bit", () => {
    const tags = new Map<string, number>()
    for (let bit = 0; bit < small.length * 8; bit++) {
      const mutant = Uint8Array.from(small)
      mutant[bit >> 3] = (mutant[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const tag = failureOf(mutant)
      assert.isDefined(tag, `bit ${bit} of byte ${bit >> 3}`)
      tags.set(tag ?? "", (tags.get(tag ?? "") ?? 0) + 1)
    }
    assert.isAbove(small.length * 8, 2000)
    // The version's other bits, the slot's type and flags, lengths and magic; everything else fails authentication.
    assert.deepStrictEqual(Array.from(tags.keys()).toSorted(), ["Corrupt", "Locked", "NewerThanApp", "Tampered"])
    assert.isAbove(tags.get("Tampered") ?? 0, small.length * 6)
  })

  it("fails typed at every length it is cut to, and with bytes added", () => {
    for (let length = 0; length < small.length; length++) {
      assert.include(["Corrupt", "Tampered"], failureOf(small.subarray(0, length)), `${length} bytes`)
    }
    assert.strictEqual(failureOf(Buffer.concat([small, Buffer.from([0])])), "Corrupt")
  })

  it("tells a wrong key from a changed slot", () => {
    assert.strictEqual(failureOf(small, slotKeyOf(8)), "WrongSecret")
    const file = decoded(small)
    for (const at of [0, 40]) {
      const slots = file.slots.map((slot) => ({
        ...slot,
        content: slot.content.map((byte, i) => i === at ? byte ^ 1 : byte)
      }))
      assert.strictEqual(failureOf(forged({ ...file, slots }, mac)), "Tampered", `byte ${at} of the slot`)
    }
  })

  it("notices entries that were removed, swapped, doubled or taken from elsewhere", () => {
    const file = decoded(small)
    const [[tagA, sealedA] = ["", small], [tagB, sealedB] = ["", small]] = Array.from(file.entries)
    const foreign = decoded(Vault.encode(vaultOf({ token: "third", other: "fourth" })))
    const forgeries: Readonly<Record<string, VaultFile.VaultFile>> = {
      removed: { ...file, entries: new Map([[tagA, sealedA]]) },
      emptied: { ...file, entries: new Map() },
      swapped: { ...file, entries: new Map([[tagA, sealedB], [tagB, sealedA]]) },
      copied: { ...file, entries: new Map([[tagA, sealedA], [tagB, sealedA]]) },
      foreignEntries: { ...file, entries: foreign.entries },
      foreignKeyset: { ...file, keyset: foreign.keyset },
      foreignSlots: { ...file, slots: foreign.slots },
      foreignStore: { ...file, storeId: foreign.storeId },
      generation: { ...file, generation: file.generation + 1n },
      age: { ...file, createdAt: file.createdAt + 1n },
      noSlots: { ...file, slots: [] }
    }
    for (const [what, forgery] of Object.entries(forgeries)) {
      assert.include(["Tampered", "Locked"], failureOf(forged(forgery, mac)), what)
    }
  })

  it("binds each entry to its name and store by itself, not only by the MAC over the file", () => {
    const vault = vaultOf(values)
    const [[tagA, sealedA] = ["", small], [tagB, sealedB] = ["", small]] = Array.from(vault.file.entries)
    const swapped = { ...vault.file, entries: new Map([[tagA, sealedB], [tagB, sealedA]]) }
    assert.strictEqual(failureOf(Vault.encode({ ...vault, file: swapped })), "Tampered")
    const moved = { ...vault.file, storeId: Buffer.alloc(16, 1) }
    assert.strictEqual(failureOf(Vault.encode({ ...vault, file: moved })), "Tampered")
  })

  it("refuses a doubled entry or slot, and counts that the bytes cannot hold, without trying to", () => {
    const entry = Buffer.concat([Buffer.alloc(32, 1), Framing.block(Buffer.alloc(60))])
    const slot = Framing.block(Buffer.alloc(20))
    const body = (slots: ReadonlyArray<Uint8Array>, entries: Uint8Array, count = slots.length) =>
      Buffer.concat([
        small.subarray(0, 37),
        Framing.u16(count),
        ...slots,
        Framing.blocks(""),
        entries,
        Buffer.alloc(32)
      ])
    assert.strictEqual(failureOf(body([], Framing.u32(0))), "Locked")
    assert.strictEqual(failureOf(body([], Buffer.concat([Framing.u32(2), entry, entry]))), "Corrupt")
    assert.strictEqual(failureOf(body([slot, slot], Framing.u32(0))), "Corrupt")
    assert.strictEqual(failureOf(body([], Framing.u32(0xffff_ffff))), "Corrupt")
    assert.strictEqual(failureOf(body([], Framing.u32(0), 0xffff)), "Corrupt")
    assert.strictEqual(
      failureOf(Buffer.concat([small.subarray(0, 37), Framing.u16(1), Framing.u32(0xffff_ffff)])),
      "Corrupt"
    )
  })

  it("refuses a newer version, whatever else it holds, and version 0", () => {
    for (const version of [3, 255]) {
      assert.strictEqual(failureOf(Buffer.from(small).fill(version, 4, 5)), "NewerThanApp")
      assert.strictEqual(failureOf(Buffer.concat([Buffer.from("STRV"), Uint8Array.of(version)])), "NewerThanApp")
    }
    assert.strictEqual(failureOf(Buffer.from(small).fill(0, 4, 5)), "Corrupt")
  })

  it("opens by any of several slots of its type and names the others when there is none", () => {
    const [mine, other] = [vaultOf(values), vaultOf(values, slotKeyOf(8))]
    const vault = { ...mine, file: { ...mine.file, slots: [...other.file.slots, ...mine.file.slots] } }
    assert.isUndefined(failureOf(Vault.encode(vault)))
    const failure = Either.getLeft(
      Either.flatMap(Vault.decode(small), (file) => Vault.open(file, { ...slotKey, slot: "passphrase" }))
    )
    assert.include(Option.getOrThrow(failure).message, "(key-file)")
  })
})

describe("VaultSecureStore over a damaged file", () => {
  const cases = {
    Tampered: (bytes: Buffer) => bytes.fill(0, bytes.length - 1),
    Corrupt: (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
    NewerThanApp: (bytes: Buffer) => bytes.fill(3, 4, 5)
  }
  for (const [tag, damage] of Object.entries({ ...cases, Corrupt2: () => Buffer.alloc(0) })) {
    it.scoped(`fails ${tag.replace("2", " when it is empty")} for reads and writes, and leaves the file as it is`, () =>
      Effect.gen(function*() {
        const { open, vaultFile } = yield* VaultFixture.make
        const store = yield* open()
        yield* store.set("token", Redacted.make("first"))
        const damaged = Buffer.from(damage(readFileSync(vaultFile)))
        replaceFile(vaultFile, damaged)
        const uses = [
          store.get("token"),
          store.has("token"),
          store.list,
          store.set("token", Redacted.make("second")),
          store.remove("token"),
          store.modify("token", () => Effect.dieMessage("change was run")),
          store.transaction(() => Effect.dieMessage("body was run"))
        ]
        for (const use of uses) {
          assert.strictEqual((yield* Effect.flip(Effect.asVoid(use)))._tag, tag.replace("2", ""))
          assert.deepStrictEqual(readFileSync(vaultFile), damaged)
        }
        assert.isFalse(existsSync(`${vaultFile}.tmp`) || existsSync(`${vaultFile}.bak`))
      }))
  }

  it("with more slots than a vault is ever given is Corrupt, without trying any", () => {
    const vault = vaultOf({})
    const nothing = new Uint8Array(0)
    const slotsOf = (length: number, type: string) =>
      Array.from({ length }, (_, id) => ({ flags: 0, params: nothing, content: nothing, id, type }))
    const fileOf = (length: number, type: string) =>
      forged({ ...vault.file, slots: slotsOf(length, type) }, new Uint8Array(32))
    assert.strictEqual(failureOf(fileOf(257, "key-file")), "Corrupt")
    assert.strictEqual(failureOf(fileOf(256, "other")), "Locked")
  })

  it("with slots of a strange type does not steer the terminal", () => {
    const vault = vaultOf({})
    const slots = vault.file.slots.map((slot) => ({ ...slot, type: "x\u001b]0;owned\u0007\nnext" }))
    const result = read(forged({ ...vault.file, slots }, new Uint8Array(32)))
    const message = Either.isLeft(result) ? result.left.message : ""
    assert.include(message, "x?]0;owned??next")
  })
})
