import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, Fiber, Option, Redacted, Scope, TestClock } from "effect"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import type { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultSlots from "../../../../src/infrastructure/storage/secure/VaultSlots.ts"
import * as VaultFixture from "./VaultFixture.ts"
import { decoded, slotKeyOf } from "./VaultSamples.ts"

type Store = typeof SecureStore.Service

const holds = (store: Store, name: string, expected: string) =>
  Effect.map(
    store.get(name),
    (found) => assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some(expected))
  )

const set = (store: Store, value: string) => store.set("token", Redacted.make(value))
const restore = (file: string, content: Uint8Array) => writeFileSync(file, content, { mode: 0o600 })

/** A vault of three generations, written by a process that has ended, and its first one. */
const aged = Effect.gen(function*() {
  const fixture = yield* VaultFixture.make
  const process = yield* Scope.make()
  const store = yield* Scope.extend(fixture.open(), process)
  yield* set(store, "first")
  const first = readFileSync(fixture.vaultFile)
  yield* set(store, "second")
  yield* set(store, "third")
  yield* Scope.close(process, yield* Effect.exit(Effect.void))
  return { ...fixture, first }
})

describe("an older copy of the vault", () => {
  it.scoped("is RolledBack for reads and writes, and left as it is", () =>
    Effect.gen(function*() {
      const { first, open, vaultFile } = yield* aged
      restore(vaultFile, first)
      const store = yield* open()
      for (const use of [store.get("token"), store.list, set(store, "x"), store.remove("token")]) {
        assert.strictEqual((yield* Effect.flip(Effect.asVoid(use)))._tag, "RolledBack")
      }
      assert.deepStrictEqual(readFileSync(vaultFile), first)
    }))

  it.scoped("is noticed by who has seen a newer one, whatever is kept beside the key", () =>
    Effect.gen(function*() {
      const { first, keyFile, open, vaultFile } = yield* aged
      const store = yield* open()
      yield* holds(store, "token", "third")
      rmSync(`${keyFile}.generation`)
      restore(vaultFile, first)
      assert.strictEqual((yield* Effect.flip(store.get("token")))._tag, "RolledBack")
      yield* holds(yield* open(), "token", "first")
    }))

  it.scoped("is not what a reader got that a writer of the same process outran", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* aged
      const [linked, read, written] = yield* Effect.all([
        Deferred.make<void>(),
        Deferred.make<void>(),
        Deferred.make<void>()
      ])
      let armed = false
      const store = yield* open({
        fileSystem: (real) => ({
          ...real,
          // The writer goes on when the reader has the bytes, and the reader when the writer has ended.
          link: (from, to) =>
            Effect.tap(real.link(from, to), () =>
              armed && from === vaultFile
                ? Effect.zipRight(Deferred.succeed(linked, undefined), Deferred.await(read))
                : Effect.void),
          readFile: (file) =>
            Effect.tap(real.readFile(file), () =>
              armed && file === vaultFile
                ? Effect.zipRight(Deferred.succeed(read, undefined), Deferred.await(written))
                : Effect.void)
        })
      })
      yield* holds(store, "token", "third")
      armed = true
      const writer = yield* Effect.fork(set(store, "fourth"))
      yield* Deferred.await(linked)
      const reader = yield* Effect.fork(store.get("token"))
      yield* Fiber.join(writer)
      yield* Deferred.succeed(written, undefined)
      assert.deepStrictEqual(Option.map(yield* Fiber.join(reader), Redacted.value), Option.some("fourth"))
      yield* holds(store, "token", "fourth")
    }))

  it.scoped("once accepted is the newest, for every process", () =>
    Effect.gen(function*() {
      const { first, open, openVault, vaultFile } = yield* aged
      const witness = yield* open()
      yield* holds(witness, "token", "third")
      restore(vaultFile, first)
      const { store, vault } = yield* openVault()
      yield* vault.acceptRollback
      yield* holds(store, "token", "first")
      yield* holds(witness, "token", "first")
      yield* holds(yield* open(), "token", "first")
      assert.isTrue(decoded(readFileSync(vaultFile)).generation > 3n)
    }))

  it.scoped("once accepted or restored stays so, whatever a process has seen that kept nothing of it", () =>
    Effect.gen(function*() {
      for (const operation of ["acceptRollback", "restorePrevious"] as const) {
        const { first, open, openVault, vaultFile } = yield* aged
        const process = yield* Scope.make()
        const witness = yield* Scope.extend(open(), process)
        for (const value of ["4", "5", "6", "7", "8"]) yield* set(witness, value)
        restore(operation === "acceptRollback" ? vaultFile : `${vaultFile}.bak`, first)
        yield* (yield* openVault()).vault[operation]
        yield* holds(witness, "token", "first")
        yield* Scope.close(process, Exit.void)
        yield* holds(yield* open(), "token", "first")
      }
    }))

  it.scoped("the generation is kept at the first write, then at most once a minute, and at the end", () =>
    Effect.gen(function*() {
      const { keyFile, open } = yield* VaultFixture.make
      const kept = () => readFileSync(`${keyFile}.generation`, "utf8").trim()
      const process = yield* Scope.make()
      const store = yield* Scope.extend(open(), process)
      yield* set(store, "1")
      assert.strictEqual(kept(), "1")
      yield* set(store, "2")
      yield* TestClock.adjust("59 seconds")
      yield* set(store, "3")
      assert.strictEqual(kept(), "1")
      yield* TestClock.adjust("1 second")
      yield* set(store, "4")
      assert.strictEqual(kept(), "4")
      yield* set(store, "5")
      assert.strictEqual(kept(), "4")
      yield* Scope.close(process, yield* Effect.exit(Effect.void))
      assert.strictEqual(kept(), "5")
    }))

  it.scoped("a clock that was put back does not keep the generation from being kept", () =>
    Effect.gen(function*() {
      const { keyFile, open } = yield* VaultFixture.make
      const store = yield* open()
      yield* TestClock.setTime(7_200_000)
      yield* set(store, "1")
      yield* TestClock.setTime(3_600_000)
      yield* set(store, "2")
      assert.strictEqual(readFileSync(`${keyFile}.generation`, "utf8"), "2\n")
    }))

  it.scoped("a generation that cannot be read is told, set aside by the next write and kept again", () =>
    Effect.gen(function*() {
      for (const damaged of ["", "99999999999999999999\n", "18446744073709551615\n"]) {
        const { first, keyFile, openVault, vaultFile } = yield* aged
        writeFileSync(`${keyFile}.generation`, damaged, { mode: 0o600 })
        restore(vaultFile, first)
        const { store, vault } = yield* openVault()
        yield* holds(store, "token", "first")
        assert.isFalse(vault.noticesRollback())
        yield* vault.acceptRollback
        assert.isTrue(vault.noticesRollback())
        assert.strictEqual(readFileSync(`${keyFile}.generation.corrupt`, "utf8"), damaged)
        const { generation } = decoded(readFileSync(vaultFile))
        assert.strictEqual(readFileSync(`${keyFile}.generation`, "utf8"), `${generation}\n`)
      }
    }))

  it.scoped("the generation is not kept at the end while another process writes", () =>
    Effect.gen(function*() {
      const { keyFile, open, openVault } = yield* VaultFixture.make
      const kept = () => readFileSync(`${keyFile}.generation`, "utf8")
      const process = yield* Scope.make()
      const store = yield* Scope.extend(open(), process)
      yield* set(store, "1")
      yield* set(store, "2")
      const { vault } = yield* openVault()
      yield* vault.update((found) => Effect.as(Scope.close(process, Exit.void), [undefined, found] as const))
      assert.strictEqual(kept(), "1\n")
    }))

  it.scoped("a new vault in place of one that was deleted is not taken for one", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* aged
      for (const file of [vaultFile, `${vaultFile}.bak`]) rmSync(file)
      const store = yield* open()
      yield* set(store, "anew")
      yield* holds(yield* open(), "token", "anew")
      assert.strictEqual(decoded(readFileSync(vaultFile)).generation, 4n)
    }))
})

describe("the previous generation of the vault", () => {
  it.scoped("stands beside it, and takes the place of a damaged one that keeps its bytes", () =>
    Effect.gen(function*() {
      const { openVault, vaultFile } = yield* aged
      const damaged = readFileSync(vaultFile).fill(0, 100, 120)
      restore(vaultFile, damaged)
      const { store, vault } = yield* openVault()
      assert.strictEqual((yield* Effect.flip(store.get("token")))._tag, "Tampered")
      const aside = Option.getOrThrow(yield* vault.restorePrevious)
      assert.strictEqual(aside, `${vaultFile}.quarantine-3`)
      assert.deepStrictEqual(readFileSync(aside), damaged)
      yield* holds(store, "token", "second")
      yield* holds((yield* openVault()).store, "token", "second")
    }))

  it.scoped("can be put back again and again; no quarantined file is overwritten", () =>
    Effect.gen(function*() {
      const { openVault, vaultFile } = yield* aged
      const { store, vault } = yield* openVault()
      const names: Array<string> = []
      for (const rubbish of ["one", "two", "three"]) {
        restore(vaultFile, Buffer.from(rubbish))
        const aside = Option.getOrThrow(yield* vault.restorePrevious)
        assert.strictEqual(readFileSync(aside, "utf8"), rubbish)
        names.push(aside)
        yield* holds(store, "token", "second")
      }
      assert.strictEqual(new Set(names).size, 3)
    }))

  it.scoped("is not put back when it is damaged itself, or not there: nothing changes then", () =>
    Effect.gen(function*() {
      const { openVault, vaultFile } = yield* aged
      const { vault } = yield* openVault()
      for (const backup of [Buffer.from("rubbish"), undefined]) {
        if (backup === undefined) rmSync(`${vaultFile}.bak`)
        else restore(`${vaultFile}.bak`, backup)
        const before = readdirSync(dirname(vaultFile)).map((
          name
        ) => [name, readFileSync(`${dirname(vaultFile)}/${name}`)])
        assert.strictEqual((yield* Effect.flip(vault.restorePrevious))._tag, "Corrupt")
        const after = readdirSync(dirname(vaultFile)).map((
          name
        ) => [name, readFileSync(`${dirname(vaultFile)}/${name}`)])
        assert.deepStrictEqual(after, before)
      }
    }))

  it.scoped("says that a vault without its file is not an empty one, and restores it", () =>
    Effect.gen(function*() {
      const { openVault, vaultFile } = yield* aged
      rmSync(vaultFile)
      const { store, vault } = yield* openVault()
      assert.strictEqual((yield* Effect.flip(store.get("token")))._tag, "Corrupt")
      assert.strictEqual((yield* Effect.flip(set(store, "x")))._tag, "Corrupt")
      assert.isTrue(Option.isNone(yield* vault.restorePrevious))
      yield* holds(store, "token", "second")
    }))

  it.scoped("is not kept when it would open by a slot, or hold a key, that was given up", () =>
    Effect.gen(function*() {
      const { openVault, vaultFile } = yield* aged
      const { store, vault } = yield* openVault()
      const key = slotKeyOf(3, "command")
      const id = yield* vault.update((found) => {
        const [slot, changed] = VaultSlots.addSlot(Option.getOrThrow(found), { type: "command", key: key.key })
        return Effect.succeed([slot.id, Option.some(changed)] as const)
      })
      yield* vault.update((found) =>
        Effect.map(VaultSlots.removeSlot(Option.getOrThrow(found), id), (changed) =>
          [undefined, Option.some(changed)] as const)
      )
      assert.deepStrictEqual(readFileSync(`${vaultFile}.bak`), readFileSync(vaultFile))
      assert.strictEqual(decoded(readFileSync(vaultFile)).slots.length, 1)
      yield* set(store, "fourth")
      assert.notDeepEqual(readFileSync(`${vaultFile}.bak`), readFileSync(vaultFile))
    }))

  it.scoped("does not open by a slot that was given up, wherever the writer was killed", () =>
    Effect.gen(function*() {
      const { openVault, vaultFile } = yield* aged
      const key = slotKeyOf(3, "command")
      const { store, vault } = yield* openVault()
      const id = yield* vault.update((found) => {
        const [slot, changed] = VaultSlots.addSlot(Option.getOrThrow(found), { type: "command", key: key.key })
        return Effect.succeed([slot.id, Option.some(changed)] as const)
      })
      yield* set(store, "fourth")
      const killed = yield* openVault({
        fileSystem: (real) => ({
          ...real,
          rename: (from, to) =>
            Effect.zipRight(real.rename(from, to), to === vaultFile ? Effect.dieMessage("killed") : Effect.void)
        })
      })
      const removal = killed.vault.update((found) =>
        Effect.map(VaultSlots.removeSlot(Option.getOrThrow(found), id), (changed) =>
          [undefined, Option.some(changed)] as const)
      )
      assert.isTrue(Exit.isFailure(yield* Effect.exit(removal)))
      for (const file of [vaultFile, `${vaultFile}.bak`]) {
        const opened = Either.flatMap(Vault.decode(readFileSync(file)), (read) => Vault.open(read, key))
        assert.strictEqual(Either.isLeft(opened) ? opened.left._tag : "it opens", "Locked", file)
      }
    }))
})

describe("a vault that is open", () => {
  it.scoped("is not read again while its file is the same, and is as soon as it is another", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* aged
      let reads = 0
      const store = yield* open({
        fileSystem: (real) => ({
          ...real,
          readFile: (file) =>
            Effect.suspend(() => {
              if (file === vaultFile) reads++
              return real.readFile(file)
            })
        })
      })
      for (let count = 0; count < 10; count++) yield* holds(store, "token", "third")
      assert.strictEqual(reads, 1)
      const other = yield* open()
      for (let count = 0; count < 30; count++) {
        yield* set(other, `value ${count}`)
        yield* holds(store, "token", `value ${count}`)
      }
      assert.strictEqual(reads, 31)
    }))

  it.scoped("drops entries whose time is over at the next write", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* VaultFixture.make
      const store = yield* open()
      yield* store.set("brief", Redacted.make("x"), { timeToLive: "1 second" })
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(decoded(readFileSync(vaultFile)).entries.size, 1)
      yield* set(store, "x")
      assert.strictEqual(decoded(readFileSync(vaultFile)).entries.size, 1)
      assert.deepStrictEqual(yield* store.list, ["token"])
    }))

  it.scoped("changes nothing that is equal: neither file nor backup", () =>
    Effect.gen(function*() {
      const { openVault, vaultFile } = yield* aged
      const { vault } = yield* openVault()
      const before = readFileSync(vaultFile)
      const answer = yield* vault.update((found) => Effect.succeed(["answer", found] as const))
      assert.strictEqual(answer, "answer")
      assert.deepStrictEqual(readFileSync(vaultFile), before)
      assert.isFalse(existsSync(`${vaultFile}.tmp`))
      assert.isTrue(Vault.decode(before)._tag === "Right")
    }))
})
