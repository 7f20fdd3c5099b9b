import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Option, Redacted, Scope, TestClock } from "effect"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { aged, holds, restore, set } from "./AgedVault.ts"
import * as VaultFixture from "./VaultFixture.ts"
import { decoded } from "./VaultSamples.ts"

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
