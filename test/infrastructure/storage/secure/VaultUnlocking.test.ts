import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted, Stream } from "effect"
import { existsSync, readFileSync, rmSync } from "node:fs"
import type { Maintenance } from "../../../../src/domain/operations/Maintenance.ts"
import type { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { Keychain } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import type { KeychainStatus } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import * as MemoryKeychain from "../../../../src/infrastructure/security/keychain/MemoryKeychain.ts"
import * as KeychainVaultKey from "../../../../src/infrastructure/storage/secure/KeychainVaultKey.ts"
import * as PassphraseKey from "../../../../src/infrastructure/storage/secure/PassphraseKey.ts"
import * as VaultFile from "../../../../src/infrastructure/storage/secure/VaultFile.ts"
import * as MaintenanceFixture from "./MaintenanceFixture.ts"
import { replaceFile } from "./replaceFile.ts"

const passphrase = (text: string) => ({ _tag: "Passphrase", passphrase: Redacted.make(text) }) as const
const source = (type: string) => ({ _tag: "Source", type }) as const
const recoveryCode = { _tag: "RecoveryCode" } as const

interface Opened {
  readonly maintenance: typeof Maintenance.Service
  readonly store: typeof SecureStore.Service
}

const token = ({ store }: Opened) =>
  Effect.map(store.get("token"), (found) => Option.getOrUndefined(Option.map(found, Redacted.value)))

const tagOf = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)

/** A vault with one secret, opened by the keychain. */
const prepared = Effect.gen(function*() {
  const fixture = yield* MaintenanceFixture.make
  const first = yield* fixture.open()
  yield* first.store.set("token", Redacted.make("tok_1"))
  return { ...fixture, first }
})

const keychainThatIs = (status: KeychainStatus) =>
  Effect.provideService(
    KeychainVaultKey.make({ item: MaintenanceFixture.item }),
    Keychain,
    MemoryKeychain.make({ status: Effect.succeed(status) })
  )

const slotsOf = (file: string) => {
  const bytes = readFileSync(file)
  const decoded = VaultFile.decode(bytes)
  assert.strictEqual(decoded._tag, "Right")
  return decoded._tag === "Right" ? decoded.right.file.slots : []
}

describe("unlocking a vault", () => {
  it.scoped("each slot opens it alone, in a process that has nothing else", () =>
    Effect.gen(function*() {
      const { first, inFile, inKeychain, open } = yield* prepared
      const all = yield* open([inKeychain, inFile])
      yield* all.maintenance.addSlot(source("key-file"))
      yield* all.maintenance.addSlot(passphrase("correct horse"))
      const { recoveryCode: code } = yield* first.maintenance.addSlot(recoveryCode)

      assert.strictEqual(yield* token(yield* open([inKeychain])), "tok_1")
      assert.strictEqual(yield* token(yield* open([inFile])), "tok_1")

      const byPassphrase = yield* open([])
      assert.strictEqual(yield* tagOf(token(byPassphrase)), "Locked")
      assert.isTrue((yield* byPassphrase.maintenance.status).locked)
      yield* byPassphrase.maintenance.unlock("passphrase", Redacted.make("correct horse"))
      assert.isFalse((yield* byPassphrase.maintenance.status).locked)
      assert.strictEqual(yield* token(byPassphrase), "tok_1")

      const byCode = yield* open([])
      yield* byCode.maintenance.unlock("recovery-code", Option.getOrThrow(code))
      assert.strictEqual(yield* token(byCode), "tok_1")
    }))

  it.scoped("a wrong passphrase is WrongSecret, and unlocks nothing", () =>
    Effect.gen(function*() {
      const { first, open } = yield* prepared
      yield* first.maintenance.addSlot(passphrase("correct horse"))
      const other = yield* open([])
      assert.strictEqual(yield* tagOf(other.maintenance.unlock("passphrase", Redacted.make("wrong"))), "WrongSecret")
      assert.strictEqual(yield* tagOf(token(other)), "Locked")
      assert.strictEqual(yield* tagOf(other.maintenance.unlock("recovery-code", Redacted.make("x"))), "WrongSecret")
    }))

  it.scoped("a damaged slot is Tampered, and the other passphrase opens all the same", () =>
    Effect.gen(function*() {
      const { file, first, open } = yield* prepared
      yield* first.maintenance.addSlot(passphrase("one"))
      yield* first.maintenance.addSlot(passphrase("two"))
      const params = slotsOf(file).find(({ type }) => type === "passphrase")?.params ?? new Uint8Array(0)
      const bytes = readFileSync(file)
      const at = bytes.indexOf(params) + 8
      bytes[at] = (bytes[at] ?? 0) ^ 1
      replaceFile(file, bytes)
      const other = yield* open([])
      assert.strictEqual(yield* tagOf(other.maintenance.unlock("passphrase", Redacted.make("one"))), "Tampered")
      // It opens, and the whole file is checked then: somebody changed it.
      assert.strictEqual(yield* tagOf(other.maintenance.unlock("passphrase", Redacted.make("two"))), "Tampered")
      assert.isTrue((yield* other.maintenance.status).advice.some((advice) => advice.includes("add slot")))
    }))

  it.scoped("a new store takes the next source where there is no keychain, and never where it is only closed", () =>
    Effect.gen(function*() {
      const { inFile, keyFile, open } = yield* MaintenanceFixture.make
      const closed = yield* open([keychainThatIs({ _tag: "Locked", backend: "memory", canPrompt: false }), inFile])
      assert.strictEqual(yield* tagOf(closed.store.set("token", Redacted.make("tok_1"))), "Locked")
      assert.isFalse(existsSync(keyFile))
      const missing = yield* open([keychainThatIs({ _tag: "Unavailable", reason: "NoSessionBus" }), inFile])
      yield* missing.store.set("token", Redacted.make("tok_1"))
      assert.isTrue(existsSync(keyFile))
    }))

  it.scoped("a store without key sources is created by a passphrase", () =>
    Effect.gen(function*() {
      const { open } = yield* MaintenanceFixture.make
      const first = yield* open([])
      const failure = yield* Effect.flip(first.store.set("token", Redacted.make("tok_1")))
      assert.strictEqual(failure._tag, "Locked")
      assert.include(failure.message, "strata secrets slots add passphrase")
      yield* first.maintenance.addSlot(passphrase("correct horse"))
      yield* first.store.set("token", Redacted.make("tok_1"))
      const second = yield* open([])
      assert.strictEqual(yield* tagOf(token(second)), "Locked")
      yield* second.maintenance.unlock("passphrase", Redacted.make("correct horse"))
      assert.strictEqual(yield* token(second), "tok_1")
    }))

  it.scoped("the key that only one source had is KeyLost once it is gone from there", () =>
    Effect.gen(function*() {
      const { inFile, inKeychain, keychain, open } = yield* prepared
      yield* (yield* open([inKeychain, inFile])).maintenance.addSlot(source("key-file"))
      yield* keychain.remove(MaintenanceFixture.item)
      assert.strictEqual(yield* tagOf(token(yield* open([inKeychain]))), "KeyLost")
      assert.strictEqual(yield* token(yield* open([inKeychain, inFile])), "tok_1")
    }))

  it.scoped("adding a source again changes nothing; adding a slot rewrites no entry", () =>
    Effect.gen(function*() {
      const { file, first } = yield* prepared
      const entry = readFileSync(file).subarray(-200)
      const before = readFileSync(file)
      yield* first.maintenance.addSlot(source("keychain"))
      assert.deepStrictEqual(readFileSync(file), before)
      yield* first.maintenance.addSlot(passphrase("one"))
      const sealed = entry.subarray(0, entry.length - 32)
      assert.isTrue(readFileSync(file).includes(sealed.subarray(-80)))
    }))

  it.scoped("takes only as many passphrases as can be tried within a second", () =>
    Effect.gen(function*() {
      const fixture = yield* prepared
      const half = { _tag: "scrypt", ln: 15, r: 8, p: 4 } as const
      assert.strictEqual(PassphraseKey.share(half), 0.5)
      const { maintenance } = yield* fixture.open([fixture.inKeychain], { passphraseCost: half })
      yield* maintenance.addSlot(passphrase("one"))
      yield* maintenance.addSlot(passphrase("two"))
      assert.strictEqual(yield* tagOf(maintenance.addSlot(passphrase("three"))), "TooManySlots")
    }))

  it.scoped("after a new root key a slot whose key was not at hand is stale, and becomes new when it is added again", () =>
    Effect.gen(function*() {
      const { first, inFile, inKeychain, open } = yield* prepared
      yield* (yield* open([inKeychain, inFile])).maintenance.addSlot(source("key-file"))
      yield* first.maintenance.addSlot(passphrase("correct horse"))
      yield* Stream.runDrain(first.maintenance.rotate("root-key"))

      const { advice, slots } = yield* first.maintenance.status
      const stale = slots.filter((slot) => slot.stale).map(({ type }) => type)
      assert.deepStrictEqual(stale.toSorted(), ["key-file", "passphrase"])
      assert.strictEqual(advice.filter((text) => text.includes("present root key")).length, 2)
      assert.strictEqual(yield* tagOf(token(yield* open([inFile]))), "Locked")
      assert.strictEqual(yield* token(yield* open()), "tok_1")
      assert.strictEqual(yield* token(first), "tok_1")

      yield* (yield* open([inKeychain, inFile])).maintenance.addSlot(source("key-file"))
      assert.strictEqual(yield* token(yield* open([inFile])), "tok_1")
      const after = (yield* first.maintenance.status).slots
      assert.deepStrictEqual(after.filter((slot) => slot.stale).map(({ type }) => type), ["passphrase"])
    }))

  it.scoped("a passphrase that was given in this process stays good through a new root key", () =>
    Effect.gen(function*() {
      const { first, open } = yield* prepared
      yield* first.maintenance.addSlot(passphrase("correct horse"))
      yield* first.maintenance.unlock("passphrase", Redacted.make("correct horse"))
      yield* Stream.runDrain(first.maintenance.rotate("root-key"))
      const other = yield* open([])
      yield* other.maintenance.unlock("passphrase", Redacted.make("correct horse"))
      assert.strictEqual(yield* token(other), "tok_1")
    }))

  it.scoped("the last slot that opens stays, whatever stale ones there are; a stale one can go", () =>
    Effect.gen(function*() {
      const { first } = yield* prepared
      const added = yield* first.maintenance.addSlot(recoveryCode)
      yield* Stream.runDrain(first.maintenance.rotate("root-key"))
      const keychain = (yield* first.maintenance.status).slots.find(({ type }) => type === "keychain")
      assert.strictEqual(yield* tagOf(first.maintenance.removeSlot(keychain?.id ?? 0)), "LastSlot")
      yield* first.maintenance.removeSlot(added.slot.id)
      assert.strictEqual((yield* first.maintenance.status).slots.length, 1)
    }))

  it.scoped("a rotation of the data key that was left off goes on, and other processes read on", () =>
    Effect.gen(function*() {
      const { first, open } = yield* prepared
      yield* first.store.transaction((transaction) =>
        Effect.forEach(
          Array.from({ length: 1200 }, (_, index) => `name-${index}`),
          (name) => transaction.set(name, Redacted.make(name)),
          { discard: true }
        )
      )
      const other = yield* open()
      assert.strictEqual(yield* token(other), "tok_1")
      yield* Stream.runDrain(Stream.take(first.maintenance.rotate("data-key"), 2))
      assert.strictEqual(yield* token(other), "tok_1")
      yield* other.store.set("token", Redacted.make("tok_2"))
      const progress = Array.from(yield* Stream.runCollect(other.maintenance.rotate("data-key")))
      assert.isBelow(progress[0]?.done ?? 0, 1201)
      assert.isAbove(progress[0]?.done ?? 0, 400)
      assert.deepStrictEqual(progress.at(-1), { done: 1201, total: 1201 })
      assert.strictEqual(yield* token(first), "tok_2")
      assert.strictEqual((yield* first.store.list).length, 1201)
    }))

  it.scoped("status asks nobody, changes nothing and says what to do", () =>
    Effect.gen(function*() {
      const { file, first, open } = yield* prepared
      const before = readFileSync(file)
      const { status } = (yield* open()).maintenance
      const told = yield* status
      assert.deepStrictEqual(readFileSync(file), before)
      assert.isTrue(told.exists && told.rollbackDetected && !told.locked)
      assert.deepStrictEqual(told.keySources, [{ type: "keychain", detail: "keychain (memory, process)" }])
      assert.isTrue(told.advice[0]?.includes("gone when the machine restarts"))
      assert.isTrue(told.advice.some((advice) => advice.includes("recovery code")))
      yield* first.maintenance.addSlot(recoveryCode)
      assert.isFalse((yield* status).advice.some((advice) => advice.includes("recovery code")))
      const nothing = yield* (yield* open([])).maintenance.status
      assert.isTrue(nothing.locked && !nothing.rollbackDetected)
    }))

  it.scoped("a slot of an unknown type is told in printable characters, and kept", () =>
    Effect.gen(function*() {
      const { file, first } = yield* prepared
      const slots = slotsOf(file)
      yield* first.maintenance.addSlot(passphrase("one"))
      assert.strictEqual(slotsOf(file).length, slots.length + 1)
      const forged = Buffer.from(readFileSync(file))
      const at = forged.indexOf("passphrase")
      forged.write("\u001b[2Jpass!", at, "latin1")
      replaceFile(file, forged)
      const { status } = first.maintenance
      const told = (yield* status).slots.map(({ type, usable }) => `${type} ${usable}`)
      assert.include(told, "?[2Jpass!e false")
    }))

  it.scoped("puts the previous generation back, and keeps the damaged file", () =>
    Effect.gen(function*() {
      const { file, first, open } = yield* prepared
      yield* first.store.set("token", Redacted.make("tok_2"))
      replaceFile(file, "rubbish")
      const other = yield* open()
      assert.strictEqual(yield* tagOf(token(other)), "Corrupt")
      const { quarantined } = yield* other.maintenance.restorePrevious
      assert.strictEqual(readFileSync(Option.getOrThrow(quarantined), "utf8"), "rubbish")
      assert.strictEqual(yield* token(other), "tok_1")
    }))

  it.scoped("goes on with an older copy when told to", () =>
    Effect.gen(function*() {
      const { file, first, open } = yield* prepared
      const old = readFileSync(file)
      yield* first.store.set("token", Redacted.make("tok_2"))
      replaceFile(file, old)
      assert.strictEqual(yield* tagOf(token(first)), "RolledBack")
      yield* first.maintenance.acceptRollback
      assert.strictEqual(yield* token(first), "tok_1")
      assert.strictEqual(yield* token(yield* open()), "tok_1")
    }))

  it.scoped("a new vault for a key that is older than it is no older copy", () =>
    Effect.gen(function*() {
      const { file, first, open } = yield* prepared
      yield* Effect.forEach([1, 2, 3], (index) => first.store.set("token", Redacted.make(`tok_${index}`)))
      rmSync(file)
      rmSync(`${file}.bak`, { force: true })
      const again = yield* open()
      yield* again.store.set("token", Redacted.make("new"))
      assert.strictEqual(yield* token(yield* open()), "new")
    }))
})
