import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Option, Redacted, TestClock } from "effect"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultSlots from "../../../../src/infrastructure/storage/secure/VaultSlots.ts"
import { aged, holds, restore, set } from "./AgedVault.ts"
import * as VaultFixture from "./VaultFixture.ts"
import { decoded, slotKeyOf } from "./VaultSamples.ts"

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
        const opened = Either.flatMap(Vault.decode(readFileSync(file)), (read) =>
          Vault.open(read, key))
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
