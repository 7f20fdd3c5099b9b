import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Redacted } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import * as Framing from "../../../../src/infrastructure/storage/secure/Framing.ts"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultFile from "../../../../src/infrastructure/storage/secure/VaultFile.ts"
import * as VaultFixture from "./VaultFixture.ts"

const slotKey: Vault.SlotKey = { slot: "key-file", key: Redacted.make(new Uint8Array(32).fill(7)) }
const otherKey: Vault.SlotKey = { slot: "key-file", key: Redacted.make(new Uint8Array(32).fill(8)) }

const vaultOf = (entries: Readonly<Record<string, string>>) =>
  Object.entries(entries).reduce(
    (vault, [name, value]) => Vault.set(vault, name, Redacted.make(value), 0),
    Vault.create(slotKey, 0)
  )

const small = Vault.encode(vaultOf({ token: "first", other: "second" }))

/** The tag of the failure that opening these bytes and reading everything in them ends with. */
const failureOf = (bytes: Uint8Array, key = slotKey) =>
  Vault.open(bytes, key).pipe(
    Either.flatMap((vault) => Either.all([Vault.names(vault), Vault.get(vault, "token"), Vault.get(vault, "other")])),
    Either.match({ onLeft: ({ _tag }) => _tag, onRight: () => undefined })
  )

const decoded = (bytes: Uint8Array) => Either.getOrThrow(VaultFile.decode(bytes)).file

/** What somebody can write who has no key: the parts of a file rearranged, under the MAC it had. */
const forged = (file: VaultFile.VaultFile, mac = small.subarray(-32)) => VaultFile.encode(file, () => mac)

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
    // The version's seven other bits, the slot's type, lengths and magic; everything else fails authentication.
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
    assert.strictEqual(failureOf(small, otherKey), "WrongSecret")
    const file = decoded(small)
    for (const at of [0, 40]) {
      const slots = file.slots.map((slot) => ({
        ...slot,
        content: slot.content.map((byte, i) => i === at ? byte ^ 1 : byte)
      }))
      assert.strictEqual(failureOf(forged({ ...file, slots })), "Tampered", `byte ${at} of the slot`)
    }
  })

  it("notices entries that were removed, swapped, doubled or taken from elsewhere", () => {
    const file = decoded(small)
    const [[tagA, sealedA] = ["", small], [tagB, sealedB] = ["", small]] = Array.from(file.entries)
    const foreign = decoded(Vault.encode(vaultOf({ token: "third", other: "fourth" })))
    const later = decoded(Vault.encode(Vault.nextGeneration(vaultOf({ token: "first", other: "second" }))))
    const forgeries: Readonly<Record<string, VaultFile.VaultFile>> = {
      removed: { ...file, entries: new Map([[tagA, sealedA]]) },
      emptied: { ...file, entries: new Map() },
      swapped: { ...file, entries: new Map([[tagA, sealedB], [tagB, sealedA]]) },
      copied: { ...file, entries: new Map([[tagA, sealedA], [tagB, sealedA]]) },
      foreignEntries: { ...file, entries: foreign.entries },
      foreignKeyset: { ...file, keyset: foreign.keyset },
      foreignSlots: { ...file, slots: foreign.slots },
      generation: { ...file, generation: later.generation },
      noSlots: { ...file, slots: [] }
    }
    for (const [what, forgery] of Object.entries(forgeries)) {
      assert.include(["Tampered", "Locked"], failureOf(forged(forgery)), what)
    }
  })

  it("binds each entry to its name by itself, not only by the MAC over the file", () => {
    const vault = vaultOf({ token: "first", other: "second" })
    const [[tagA, sealedA] = ["", small], [tagB, sealedB] = ["", small]] = Array.from(vault.file.entries)
    const swapped = { ...vault, file: { ...vault.file, entries: new Map([[tagA, sealedB], [tagB, sealedA]]) } }
    assert.strictEqual(failureOf(Vault.encode(swapped)), "Tampered")
  })

  it("refuses a doubled entry and counts that the bytes cannot hold, without trying to", () => {
    const entry = Buffer.concat([Buffer.alloc(32, 1), Framing.block(Buffer.alloc(60))])
    const body = (slots: number, entries: Uint8Array) =>
      Buffer.concat([small.subarray(0, 37), Framing.u16(slots), Framing.blocks(""), entries, Buffer.alloc(32)])
    assert.strictEqual(failureOf(body(0, Buffer.concat([Framing.u32(2), entry, entry]))), "Corrupt")
    assert.strictEqual(failureOf(body(0, Framing.u32(0xffff_ffff))), "Corrupt")
    assert.strictEqual(failureOf(body(0xffff, Framing.u32(0))), "Corrupt")
    assert.strictEqual(
      failureOf(Buffer.concat([small.subarray(0, 37), Framing.u16(1), Framing.u32(0xffff_ffff)])),
      "Corrupt"
    )
  })

  it("keeps slots of unknown types byte for byte", () => {
    const vault = vaultOf({ token: "first" })
    const unknown = { id: 9, type: "passkey-prf", content: Uint8Array.of(0, 255, 1, 254) }
    const extended = { ...vault, file: { ...vault.file, slots: [unknown, ...vault.file.slots] } }
    const reopened = Either.getOrThrow(Vault.open(Vault.encode(extended), slotKey))
    const changed = Vault.nextGeneration(Vault.set(reopened, "token", Redacted.make("second"), 1))
    const { slots } = decoded(Vault.encode(changed))
    assert.deepStrictEqual(slots.map(({ type }) => type), ["passkey-prf", "key-file"])
    assert.deepStrictEqual(slots[0] && { ...slots[0], content: Uint8Array.from(slots[0].content) }, unknown)
  })

  it("opens by any of several slots of its type and names the others when there is none", () => {
    const [mine, other] = [vaultOf({ token: "first" }), Vault.create(otherKey, 0)]
    const vault = { ...mine, file: { ...mine.file, slots: [...other.file.slots, ...mine.file.slots] } }
    assert.isTrue(Either.isRight(Vault.open(Vault.encode(vault), slotKey)))
    const failure = Either.getLeft(Vault.open(small, { ...slotKey, slot: "passphrase" }))
    assert.include(Option.getOrThrow(failure).message, "(key-file)")
  })
})

describe("VaultSecureStore over a damaged file", () => {
  const cases = {
    Tampered: (bytes: Buffer) => bytes.fill(0, bytes.length - 1),
    Corrupt: (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
    NewerThanApp: (bytes: Buffer) => bytes.fill(2, 4, 5)
  }
  for (const [tag, damage] of Object.entries({ ...cases, Corrupt2: () => Buffer.alloc(0) })) {
    it.scoped(`fails ${tag.replace("2", " when it is empty")} for reads and writes, and leaves the file as it is`, () =>
      Effect.gen(function*() {
        const { open, vaultFile } = yield* VaultFixture.make
        const store = yield* open()
        yield* store.set("token", Redacted.make("first"))
        const damaged = Buffer.from(damage(readFileSync(vaultFile)))
        writeFileSync(vaultFile, damaged)
        const uses = [
          store.get("token"),
          store.has("token"),
          store.list,
          store.set("token", Redacted.make("second")),
          store.remove("token"),
          store.modify("token", () => Effect.dieMessage("change was run"))
        ]
        for (const use of uses) {
          assert.strictEqual((yield* Effect.flip(Effect.asVoid(use)))._tag, tag.replace("2", ""))
          assert.deepStrictEqual(readFileSync(vaultFile), damaged)
        }
        assert.isFalse(existsSync(`${vaultFile}.tmp`))
      }))
  }
})
