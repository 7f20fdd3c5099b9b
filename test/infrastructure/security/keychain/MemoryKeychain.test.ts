import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Ref } from "effect"
import type { KeychainStatus } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import * as MemoryKeychain from "../../../../src/infrastructure/security/keychain/MemoryKeychain.ts"
import * as KeychainContract from "../../../../src/testing/contract/KeychainContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(KeychainContract.contract, "memory", MemoryKeychain.layer())

const item = { service: "strata", account: "root key" }
const value = Redacted.make(new Uint8Array(32))

describe("MemoryKeychain", () => {
  it.effect("fails as its script says, keeps its items meanwhile, and never calls a locked item absent", () =>
    Effect.gen(function*() {
      const available: KeychainStatus = { _tag: "Available", backend: "memory", persistence: "process" }
      const status = yield* Ref.make<KeychainStatus>(available)
      const keychain = MemoryKeychain.make({ status: Ref.get(status) })
      yield* keychain.set(item, value)

      yield* Ref.set(status, { _tag: "Locked", backend: "memory", canPrompt: true })
      assert.strictEqual((yield* Effect.flip(keychain.get(item)))._tag, "KeychainLocked")
      assert.strictEqual((yield* Effect.flip(keychain.set(item, value)))._tag, "KeychainLocked")
      assert.strictEqual((yield* Effect.flip(keychain.remove(item)))._tag, "KeychainLocked")

      yield* Ref.set(status, { _tag: "Unavailable", reason: "NoService" })
      const failure = yield* Effect.flip(keychain.get(item))
      assert.strictEqual(failure.message, "The keychain is not available (NoService)")

      yield* Ref.set(status, available)
      assert.isTrue(yield* keychain.remove(item))
    }))

  it.effect("says how large a value may be", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(MemoryKeychain.make({ limit: 31 }).set(item, value))
      assert.strictEqual(failure.message, "The keychain takes 31 bytes, not 32")
    }))
})
