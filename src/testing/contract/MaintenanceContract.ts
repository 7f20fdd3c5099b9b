/**
 * What every `Maintenance` must do, together with the `SecureStore` it looks after; both start empty and unlocked. Not
 * covered: other processes, damaged and older files, and how slots protect what they open.
 */
import { Effect, Either, Option, Redacted, Stream } from "effect"
import { Maintenance } from "../../domain/operations/Maintenance.ts"
import type { ExportKey } from "../../domain/operations/Maintenance.ts"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const secret = Redacted.make

const passphrase = { _tag: "Passphrase", passphrase: secret("correct horse battery staple") } as const

const set = (name: string, value: string) => Effect.flatMap(SecureStore, (store) => store.set(name, secret(value)))

const holds = (name: string, expected: string) =>
  Effect.gen(function*() {
    const found = yield* (yield* SecureStore).get(name)
    yield* ensure(Option.exists(found, (value) => Redacted.value(value) === expected), `"${name}" holds another value`)
  })

/** The tag of the failure; `undefined` when there is none. */
const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.either(effect), (result) => Either.isLeft(result) ? result.left._tag : undefined)

const failsWith = <A, E extends { readonly _tag: string }, R>(tag: string, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(tagOf(effect), (found) => ensure(found === tag, `${found ?? "success"} instead of ${tag}`))

const slotIds = Effect.gen(function*() {
  const { slots } = yield* (yield* Maintenance).status
  return slots.filter(({ stale, usable }) => usable && !stale).map(({ id }) => id)
})

/** An age file is a text header and random bytes. */
const contains = (file: Uint8Array, text: string) => new TextDecoder("latin1").decode(file).includes(text)

export const contract: Contract<Maintenance | SecureStore> = {
  name: "Maintenance",
  cases: [
    contractCase(
      "tells of the store what can be told without its values",
      Effect.gen(function*() {
        const { status } = yield* Maintenance
        const before = yield* status
        yield* ensure(!before.exists && before.entries === 0, "an empty store has entries")
        yield* set("canary-name", "canary-value")
        yield* set("b", "2")
        const after = yield* status
        yield* ensure(after.exists && !after.locked && after.entries === 2, "the entries are not counted")
        yield* ensure(after.slots.some(({ usable }) => usable), "no slot opens the store")
        yield* ensure(after.keySources.length > 0, "nothing keeps the key")
        yield* ensure(
          ![...after.advice, after.location, ...after.keySources.map(({ detail }) => detail)].join().includes("canary"),
          "a name or a value is told"
        )
      })
    ),
    contractCase(
      "a passphrase unlocks by its slot, however it is typed, and no other one does",
      Effect.gen(function*() {
        const { addSlot, status, unlock } = yield* Maintenance
        yield* set("token", "first")
        const { recoveryCode, slot } = yield* addSlot({ _tag: "Passphrase", passphrase: secret("\u00c5ngstrom") })
        yield* ensure(slot.type === "passphrase" && slot.usable && !slot.stale, "the slot is no passphrase")
        yield* ensure(Option.isNone(recoveryCode), "a code was made for a passphrase")
        yield* ensure((yield* status).slots.some(({ id }) => id === slot.id), "the slot is not listed")
        yield* unlock("passphrase", secret("A\u030angstrom"))
        yield* failsWith("WrongSecret", unlock("passphrase", secret("\u00c5ngstrom ")))
        yield* holds("token", "first")
      })
    ),
    contractCase(
      "a recovery code is given once, unlocks however it is typed, and no other one does",
      Effect.gen(function*() {
        const { addSlot, unlock } = yield* Maintenance
        yield* set("token", "first")
        const [first, second] = yield* Effect.all([
          addSlot({ _tag: "RecoveryCode" }),
          addSlot({ _tag: "RecoveryCode" })
        ])
        const [code, other] = [first, second].map(({ recoveryCode }) =>
          Option.match(recoveryCode, { onNone: () => "", onSome: Redacted.value })
        )
        yield* ensure(code !== undefined && code.length >= 50 && code !== other, "two codes are not two secrets")
        yield* unlock("recovery-code", secret(` ${code?.toLowerCase().replaceAll("-", " ")}\n`))
        yield* failsWith("WrongSecret", unlock("recovery-code", secret(`${code?.slice(0, -1)}*`)))
        yield* failsWith("WrongSecret", unlock("recovery-code", secret("")))
        yield* holds("token", "first")
      })
    ),
    contractCase(
      "a removed slot unlocks no more; the last one stays",
      Effect.gen(function*() {
        const { addSlot, removeSlot, unlock } = yield* Maintenance
        yield* set("token", "first")
        const { slot } = yield* addSlot(passphrase)
        yield* removeSlot(slot.id)
        const tag = yield* tagOf(unlock("passphrase", passphrase.passphrase))
        yield* ensure(tag === "Locked" || tag === "WrongSecret", "the removed slot unlocks")
        yield* failsWith("SlotNotFound", removeSlot(slot.id))
        yield* failsWith("SlotNotFound", addSlot({ _tag: "Source", type: "no such source" }))
        const [last = 0, ...others] = yield* slotIds
        for (const id of others) yield* removeSlot(id)
        yield* failsWith("LastSlot", removeSlot(last))
        yield* holds("token", "first")
      })
    ),
    contractCase(
      "rotating a key ends, and changes no entry",
      Effect.gen(function*() {
        const { rotate } = yield* Maintenance
        for (let index = 0; index < 5; index++) yield* set(`name-${index}`, `value-${index}`)
        for (const what of ["data-key", "root-key", "data-key"] as const) {
          const last = yield* Stream.runLast(rotate(what))
          yield* ensure(Option.exists(last, ({ done, total }) => done === total && total > 0), `${what} did not end`)
        }
        for (let index = 0; index < 5; index++) yield* holds(`name-${index}`, `value-${index}`)
        yield* ensure((yield* slotIds).length > 0, "no slot opens the store any more")
      })
    ),
    contractCase(
      "an export brings every entry back, and what is there already only when asked to",
      Effect.gen(function*() {
        const { exportAll, importAll } = yield* Maintenance
        const store = yield* SecureStore
        yield* set("a", "canary one")
        yield* set("日本語 🔑", "canary \u0000 \ud83d\udd11")
        yield* store.set("short", secret("lived"), { timeToLive: "1 hour" })
        const file = yield* exportAll(passphrase)
        yield* ensure(!contains(file, "canary"), "the export is not encrypted")
        yield* store.remove("日本語 🔑")
        yield* store.remove("short")
        yield* set("a", "changed")
        const kept = yield* importAll(file, passphrase, { replace: false })
        yield* ensure(kept.added === 2 && kept.replaced === 0 && kept.kept === 1, "the counts are wrong")
        yield* holds("a", "changed")
        yield* holds("日本語 🔑", "canary \u0000 \ud83d\udd11")
        const expiresAt = yield* store.transaction((transaction) => transaction.expiresAt("short"))
        yield* ensure(Option.isSome(expiresAt), "an entry forgot when it expires")
        const replaced = yield* importAll(file, passphrase, { replace: true })
        yield* ensure(replaced.added === 0 && replaced.replaced === 3 && replaced.kept === 0, "the counts are wrong")
        yield* holds("a", "canary one")
      })
    ),
    contractCase(
      "what cannot be imported changes nothing",
      Effect.gen(function*() {
        const { exportAll, importAll } = yield* Maintenance
        yield* set("a", "1")
        const file = yield* exportAll(passphrase)
        yield* set("a", "2")
        const wrong: ExportKey = { _tag: "Passphrase", passphrase: secret("another") }
        yield* failsWith("WrongSecret", importAll(file, wrong, { replace: true }))
        const damaged = file.slice()
        damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1
        for (const bytes of [damaged, file.subarray(0, -1), new Uint8Array(0), new TextEncoder().encode("{}")]) {
          yield* failsWith("InvalidExport", importAll(bytes, passphrase, { replace: true }))
        }
        yield* failsWith("InvalidExport", exportAll({ _tag: "Recipient", recipient: "age1nobody" }))
        yield* holds("a", "2")
      })
    )
  ]
}
