import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import {
  AccessDenied,
  AmbiguousItem,
  ItemCorrupt,
  Keychain,
  KeychainBackendError,
  KeychainLocked,
  KeychainUnavailable,
  PromptDismissed,
  PromptTimeout
} from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import type { KeychainFailure, KeychainStatus } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import * as MemoryKeychain from "../../../../src/infrastructure/security/keychain/MemoryKeychain.ts"
import * as KeychainVaultKey from "../../../../src/infrastructure/storage/secure/KeychainVaultKey.ts"

const item = { service: "strata-test", account: "vault" }

const hex = (key: Redacted.Redacted<Uint8Array>) => Buffer.from(Redacted.value(key)).toString("hex")

const of = (keychain: typeof Keychain.Service, volatile = true) =>
  Effect.provide(KeychainVaultKey.make({ item, volatile }), Layer.succeed(Keychain, keychain))

const make = (script: MemoryKeychain.Script = {}, volatile = true) =>
  Effect.gen(function*() {
    const keychain = MemoryKeychain.make(script)
    const key = yield* of(keychain, volatile)
    const { generation } = key
    return generation === undefined ? yield* Effect.dieMessage("keeps no generation") : { ...key, generation, keychain }
  })

const available = (persistence: "durable" | "boot" | "process"): KeychainStatus => ({
  _tag: "Available",
  backend: "Secret Service",
  persistence
})

describe("KeychainVaultKey", () => {
  it.effect("makes the key once, in one item of 41 bytes, and finds it again", () =>
    Effect.gen(function*() {
      const { keychain, load, loadForNewVault } = yield* make()
      assert.strictEqual((yield* Effect.flip(load))._tag, "KeyLost")
      const key = hex(yield* loadForNewVault)
      assert.deepStrictEqual([key.length, hex(yield* load), hex(yield* loadForNewVault)], [64, key, key])
      assert.strictEqual(hex(yield* (yield* of(keychain)).load), key)
      const stored = yield* keychain.get(item)
      assert.strictEqual(Option.getOrThrow(Option.map(stored, (bytes) => Redacted.value(bytes).length)), 41)
    }))

  it.effect("keeps the highest generation with the key, which stays what it is", () =>
    Effect.gen(function*() {
      const { generation, load, loadForNewVault } = yield* make()
      assert.strictEqual((yield* Effect.flip(generation.raise(1n)))._tag, "KeyLost")
      const key = hex(yield* loadForNewVault)
      assert.deepStrictEqual(yield* generation.read, Option.none())
      yield* generation.raise(7n)
      yield* generation.raise(3n)
      assert.deepStrictEqual(yield* generation.read, Option.some(7n))
      assert.strictEqual(hex(yield* load), key)
    }))

  const failures: ReadonlyArray<readonly [KeychainFailure, string]> = [
    [new KeychainUnavailable({ reason: "NoService", fixes: ["start it"] }), "Locked"],
    [new KeychainLocked({ fixes: ["start it"] }), "Locked"],
    [new PromptDismissed({ fixes: ["start it"] }), "Locked"],
    [new PromptTimeout({ fixes: ["start it"] }), "Locked"],
    [new AccessDenied({ fixes: ["start it"] }), "Locked"],
    [new AmbiguousItem({ matches: 2, fixes: ["start it"] }), "Locked"],
    [new ItemCorrupt({ fixes: ["start it"] }), "Corrupt"],
    [new KeychainBackendError({ backend: "x", code: "y", fixes: [] }), "Io"]
  ]
  for (const [failure, tag] of failures) {
    it.effect(`${failure._tag} is ${tag}, and no key is made`, () =>
      Effect.gen(function*() {
        let writes = 0
        const keychain = MemoryKeychain.make()
        const key = yield* of({
          ...keychain,
          get: () => Effect.fail(failure),
          set: () => Effect.sync(() => void writes++)
        })
        for (const attempt of [key.load, key.loadForNewVault]) {
          const result = yield* Effect.flip(attempt)
          assert.strictEqual(result._tag, tag)
          if (result._tag === "Locked") assert.deepStrictEqual(result.fixes, ["start it"])
        }
        assert.strictEqual(writes, 0)
      }))
  }

  for (
    const [what, bytes, tag] of [
      ["nothing", Buffer.alloc(0), "Corrupt"],
      ["40 bytes", Buffer.alloc(40, 1), "Corrupt"],
      ["42 bytes", Buffer.alloc(42, 1), "Corrupt"],
      ["version 0", Buffer.alloc(41), "Corrupt"],
      ["version 2", Buffer.alloc(41, 2), "NewerThanApp"]
    ] as const
  ) {
    it.effect(`an item of ${what} is ${tag} and stays`, () =>
      Effect.gen(function*() {
        const { keychain, load, loadForNewVault } = yield* make()
        yield* keychain.set(item, Redacted.make(bytes))
        for (const attempt of [load, loadForNewVault]) {
          assert.strictEqual((yield* Effect.flip(attempt))._tag, tag)
        }
        const stored = yield* keychain.get(item)
        assert.deepStrictEqual(Option.map(stored, (found) => Buffer.from(Redacted.value(found))), Option.some(bytes))
      }))
  }

  it.effect("makes no key where it would be gone after a restart, unless that is wanted", () =>
    Effect.gen(function*() {
      const script = { status: Effect.succeed(available("boot")) }
      const { loadForNewVault } = yield* make(script, false)
      const failure = yield* Effect.flip(loadForNewVault)
      assert.strictEqual(failure._tag, "Locked")
      assert.include(failure.message, "survives a restart")
      yield* (yield* make(script, true)).loadForNewVault
      yield* (yield* make({ status: Effect.succeed(available("durable")) }, false)).loadForNewVault
    }))

  it.effect("tells who keeps the key and for how long, without asking", () =>
    Effect.gen(function*() {
      const told = (status: KeychainStatus) =>
        Effect.flatMap(
          make({ status: Effect.succeed(status), person: Effect.dieMessage("asked the person") }),
          (key) => key.status
        )
      assert.deepStrictEqual(yield* told(available("durable")), {
        detail: "Secret Service, durable",
        usable: true,
        durable: true
      })
      assert.isFalse((yield* told(available("boot"))).durable)
      assert.isFalse((yield* told({ _tag: "Locked", backend: "Secret Service", canPrompt: true })).usable)
      assert.deepStrictEqual(yield* told({ _tag: "Unavailable", reason: "NoSessionBus" }), {
        detail: "not available (NoSessionBus)",
        usable: false,
        durable: false
      })
    }))
})
