import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Option, Redacted } from "effect"
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import type { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as SecureStoreContract from "../../../../src/testing/contract/SecureStoreContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import * as VaultFixture from "./VaultFixture.ts"

suite(SecureStoreContract.contract, "vault", VaultFixture.layer)

const holds = (store: typeof SecureStore.Service, name: string, expected: string | undefined) =>
  Effect.map(
    store.get(name),
    (found) => assert.strictEqual(Option.getOrUndefined(Option.map(found, Redacted.value)), expected)
  )

describe("VaultSecureStore", () => {
  it.scoped("another store over the same file sees what was written, both ways", () =>
    Effect.gen(function*() {
      const { open } = yield* VaultFixture.make
      const [here, there] = [yield* open(), yield* open()]
      yield* here.set("token", Redacted.make("first"))
      yield* holds(there, "token", "first")
      yield* there.set("token", Redacted.make("second"))
      yield* there.set("other", Redacted.make("third"))
      yield* holds(here, "token", "second")
      assert.deepStrictEqual(yield* here.list, ["other", "token"])
      yield* here.remove("other")
      yield* holds(there, "other", undefined)
    }))

  it.scoped("reading creates nothing; the first write creates vault and key for their owner alone", () =>
    Effect.gen(function*() {
      const { keyFile, open, vaultFile } = yield* VaultFixture.make
      const store = yield* open()
      yield* holds(store, "token", undefined)
      assert.isFalse(yield* store.remove("token"))
      assert.isFalse(existsSync(vaultFile) || existsSync(keyFile))
      yield* store.set("token", Redacted.make("first"))
      for (const file of [vaultFile, keyFile]) {
        assert.strictEqual(statSync(file).mode & 0o777, 0o600, file)
        assert.strictEqual(statSync(dirname(file)).mode & 0o777, 0o700, file)
        assert.deepStrictEqual(readdirSync(dirname(file)).filter((name) => name.endsWith(".tmp")), [])
      }
    }))

  it.scoped("says once in the log where the key is", () =>
    Effect.gen(function*() {
      const { keyFile, open } = yield* VaultFixture.make
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      yield* Effect.gen(function*() {
        for (const store of [yield* open(), yield* open()]) yield* store.set("token", Redacted.make("first"))
      }).pipe(Effect.provide(Logger.add(logger)))
      assert.deepStrictEqual(lines, [`the key of the secret store is in ${keyFile}`])
    }))

  it.scoped("neither names nor values are readable in the file", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* VaultFixture.make
      const store = yield* open()
      yield* store.set("canary-name", Redacted.make("canary-value"))
      const content = readFileSync(vaultFile).toString("latin1")
      assert.notInclude(content, "canary")
      assert.notInclude(content, Buffer.from("canary").toString("base64").slice(0, 7))
    }))

  it.scoped("fails Locked when the vault is there and its key is not, and makes no new key", () =>
    Effect.gen(function*() {
      const { keyFile, open, vaultFile } = yield* VaultFixture.make
      yield* (yield* open()).set("token", Redacted.make("first"))
      const before = readFileSync(vaultFile)
      rmSync(keyFile)
      const store = yield* open()
      for (const use of [store.get("token"), store.set("token", Redacted.make("x")), store.remove("token")]) {
        const failure = yield* Effect.flip(Effect.asVoid(use))
        assert.strictEqual(failure._tag, "Locked")
        assert.include(failure.message, keyFile)
      }
      assert.isFalse(existsSync(keyFile))
      assert.deepStrictEqual(readFileSync(vaultFile), before)
    }))

  it.scoped("fails WrongSecret with another key, leaves the file alone, and opens again with the right one", () =>
    Effect.gen(function*() {
      const { keyFile, open, vaultFile } = yield* VaultFixture.make
      yield* (yield* open()).set("token", Redacted.make("first"))
      const [before, key] = [readFileSync(vaultFile), readFileSync(keyFile)]
      writeFileSync(keyFile, Buffer.alloc(32, 1))
      const store = yield* open()
      for (const use of [store.get("token"), store.set("token", Redacted.make("x")), store.list]) {
        assert.strictEqual((yield* Effect.flip(Effect.asVoid(use)))._tag, "WrongSecret")
      }
      assert.deepStrictEqual(readFileSync(vaultFile), before)
      writeFileSync(keyFile, key)
      yield* holds(store, "token", "first")
    }))

  it.scoped("an unlocked store goes on when the key file disappears", () =>
    Effect.gen(function*() {
      const { keyFile, open } = yield* VaultFixture.make
      const store = yield* open()
      yield* store.set("token", Redacted.make("first"))
      const other = yield* open()
      yield* other.set("token", Redacted.make("second"))
      rmSync(keyFile)
      yield* holds(store, "token", "second")
    }))

  it.scoped("a change that changes nothing does not write", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* VaultFixture.make
      const store = yield* open()
      yield* store.set("token", Redacted.make("first"))
      const before = readFileSync(vaultFile)
      yield* store.modify("token", (current) => Effect.succeed([undefined, current] as const))
      assert.deepStrictEqual(readFileSync(vaultFile), before)
    }))
})
