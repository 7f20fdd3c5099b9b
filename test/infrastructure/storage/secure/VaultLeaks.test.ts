import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { Crypto } from "../../../../src/domain/security/Crypto.ts"
import type { CryptoFailure } from "../../../../src/domain/security/CryptoFailure.ts"
import type { SecretFailure } from "../../../../src/domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as KeysetCrypto from "../../../../src/infrastructure/security/encryption/KeysetCrypto.ts"
import * as SecureStoreKeysetStore from "../../../../src/infrastructure/storage/secure/SecureStoreKeysetStore.ts"
import { observed, shown } from "./Observed.ts"
import * as VaultFixture from "./VaultFixture.ts"

interface Refused {
  readonly _tag: "Refused"
  readonly current: Option.Option<Redacted.Redacted<string>>
}

const value = "CANARY-VALUE-7f3a"
const name = "CANARY-NAME-91bc"
const note = "CANARY-NOTE-55de"
const bytes = (text: string) => new TextEncoder().encode(text)

/** Uses everything, whatever comes of it; returns what callers could print. */
const everything = Effect.gen(function*() {
  const store = yield* SecureStore
  const crypto = yield* Crypto
  const secret = Redacted.make(value)
  const uses: ReadonlyArray<Effect.Effect<unknown, SecretFailure | CryptoFailure | Refused>> = [
    store.set(name, secret),
    store.get(name),
    store.has(name),
    Effect.asVoid(store.list),
    store.modify(name, (current) => Effect.succeed([current, Option.some(Redacted.make(`${value}2`))] as const)),
    store.modify(name, (current): Effect.Effect<never, Refused> => Effect.fail({ _tag: "Refused", current })),
    store.set(name, Redacted.make(`${value}\ud83d`)),
    Effect.asVoid(crypto.seal("notes", bytes(note), bytes(note))),
    crypto.open("notes", bytes(note), bytes(note)),
    crypto.derive("notes", bytes(note), 32),
    store.remove(`${name}2`)
  ]
  return yield* Effect.forEach(uses, (use) => Effect.map(Effect.exit(use), shown))
})

describe("secrets", () => {
  it.scoped("are in no failure, span, log line, temporary file or file name, whatever goes wrong", () =>
    Effect.gen(function*() {
      const { keyFile, open, vaultFile } = yield* VaultFixture.make
      const { layer, seen } = observed()
      const run = Effect.gen(function*() {
        const store = Layer.scoped(SecureStore, open())
        const crypto = KeysetCrypto.layer.pipe(Layer.provide(SecureStoreKeysetStore.layer), Layer.provideMerge(store))
        seen.push(...(yield* Effect.provide(everything, crypto)))
      }).pipe(Effect.provide(layer))

      yield* run
      const [vault, key] = [readFileSync(vaultFile), readFileSync(keyFile)]
      const breaks: ReadonlyArray<() => void> = [
        () => writeFileSync(vaultFile, vault.subarray(0, 100)),
        () => writeFileSync(vaultFile, Buffer.from(vault).fill(0, vault.length - 1)),
        () => writeFileSync(vaultFile, Buffer.from(vault).fill(9, 4, 5)),
        () => writeFileSync(keyFile, Buffer.alloc(32)),
        () => writeFileSync(keyFile, Buffer.alloc(5)),
        () => chmodSync(keyFile, 0o644)
      ]
      for (const breakIt of breaks) {
        breakIt()
        yield* run
        writeFileSync(vaultFile, vault)
        writeFileSync(keyFile, key)
        chmodSync(keyFile, 0o600)
      }

      assert.isTrue(seen.includes("secret.get") && seen.includes("secret.set") && seen.includes("secret.modify"))
      for (const tag of ["Tampered", "Corrupt", "NewerThanApp", "WrongSecret", "Locked", "DecryptionFailed"]) {
        assert.isTrue(seen.some((text) => text.includes(tag)), tag)
      }
      const files = [dirname(vaultFile), dirname(keyFile)].flatMap((folder) => readdirSync(folder))
      const everythingSeen = [...seen, ...files].join("\n")
      for (const canary of [value, name, note, key.toString("base64"), key.toString("hex")]) {
        assert.notInclude(everythingSeen, canary)
        assert.notInclude(everythingSeen, Buffer.from(canary).toString("base64").slice(0, -3))
      }
    }))
})
