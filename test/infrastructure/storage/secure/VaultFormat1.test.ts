import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Redacted } from "effect"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultEntries from "../../../../src/infrastructure/storage/secure/VaultEntries.ts"
import { replaceFile } from "./replaceFile.ts"
import * as VaultFixture from "./VaultFixture.ts"
import { decoded, failureOf, open, read, withValues } from "./VaultSamples.ts"

const fixture = (name: string) =>
  Buffer.from(readFileSync(join(import.meta.dirname, "fixtures", name), "utf8"), "base64")

/** Written by the last version that wrote format 1. */
const frozen = fixture("vault-format-1.txt")
const key = { slot: "key-file", key: Redacted.make<Uint8Array>(fixture("vault-format-1.key.txt")) }

const values = {
  "keyset/aead/notes": `{"primary":1,"keys":[{"id":1,"algorithm":"AES256_GCM","material":"${
    Buffer.alloc(32, 9).toString("base64")
  }"}]}`,
  session: "first token",
  "日本語 🔑": "пароль\n"
}

describe("a vault of format 1", () => {
  it("opens", () => assert.deepStrictEqual(read(frozen, key), Either.right(values)))

  it("is format 2 at the next write: the same store, openable by the same key", () => {
    const changed = withValues(Either.getOrThrow(open(frozen, key)), { session: "second token" }, 5)
    const bytes = Vault.encode(Vault.atGeneration(changed, 4n))
    assert.strictEqual(bytes[4], 2)
    assert.deepStrictEqual(decoded(bytes).storeId, decoded(frozen).storeId)
    assert.strictEqual(decoded(bytes).createdAt, decoded(frozen).createdAt)
    assert.deepStrictEqual(read(bytes, key), Either.right({ ...values, session: "second token" }))
    assert.strictEqual(failureOf(bytes, { ...key, key: Redacted.make(new Uint8Array(32)) }), "WrongSecret")
  })

  it("upgraded by another process has changed only as far as it was changed, whatever hides its names", () => {
    const upgraded = withValues(Either.getOrThrow(open(frozen, key)), { more: "x" }, 5)
    const before = Either.getOrThrow(open(frozen, key))
    const changes = VaultEntries.difference(Option.some(before), Option.some(upgraded))
    assert.deepStrictEqual(changes, [{ name: "more", kind: "set" }])
  })

  it("fails typed for every flipped bit and every length it is cut to", () => {
    for (let bit = 0; bit < frozen.length * 8; bit++) {
      const mutant = Uint8Array.from(frozen)
      mutant[bit >> 3] = (mutant[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.isDefined(failureOf(mutant, key), `bit ${bit} of byte ${bit >> 3}`)
    }
    for (let length = 0; length < frozen.length; length++) {
      assert.include(["Corrupt", "Tampered"], failureOf(frozen.subarray(0, length), key), `${length} bytes`)
    }
  })

  it.scoped("stays as it is while it is only read, and is kept as the previous generation when it is written", () =>
    Effect.gen(function*() {
      const { keyFile, open: openStore, vaultFile } = yield* VaultFixture.make
      for (const file of [keyFile, vaultFile]) mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeFileSync(keyFile, Redacted.value(key.key), { mode: 0o600 })
      replaceFile(vaultFile, frozen)
      chmodSync(vaultFile, 0o600)
      const store = yield* openStore()
      assert.deepStrictEqual(yield* store.list, Object.keys(values).toSorted())
      assert.deepStrictEqual(readFileSync(vaultFile), frozen)
      yield* store.set("more", Redacted.make("x"))
      assert.strictEqual(readFileSync(vaultFile)[4], 2)
      assert.deepStrictEqual(readFileSync(`${vaultFile}.bak`), frozen)
      const other = yield* openStore()
      const found = yield* other.get("session")
      assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some("first token"))
      assert.strictEqual((yield* other.list).length, 4)
    }))
})
