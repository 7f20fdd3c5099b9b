import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option, Redacted } from "effect"
import { inspect } from "node:util"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import { KeysetStore } from "../../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as MemorySecureStore from "../../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import * as SecureStoreKeysetStore from "../../../../src/infrastructure/storage/secure/SecureStoreKeysetStore.ts"
import * as KeysetStoreContract from "../../../../src/testing/contract/KeysetStoreContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const layer = SecureStoreKeysetStore.layer.pipe(Layer.provideMerge(MemorySecureStore.layer))

suite(KeysetStoreContract.contract, "secure store", layer)

const materials = (keyset: Keyset.Keyset) => keyset.keys.map(({ material }) => Redacted.value(material))

describe("SecureStoreKeysetStore", () => {
  it.effect("another instance over the same secrets has the same keys", () =>
    Effect.gen(function*() {
      const created = yield* (yield* KeysetStore).loadOrCreate(
        "notes",
        Effect.sync(() => Keyset.generate("AES256_GCM"))
      )
      const loaded = yield* (yield* SecureStoreKeysetStore.make).load("notes")
      assert.deepStrictEqual(Option.map(loaded, materials), Option.some(materials(created)))
    }).pipe(Effect.provide(layer)))

  it.effect("a damaged keyset is Corrupt, is kept, and its content is in no message", () =>
    Effect.gen(function*() {
      const secrets = yield* SecureStore
      const store = yield* KeysetStore
      const key = Buffer.alloc(32, 7).toString("base64")
      const damaged = [
        `{"primary":1,"keys":[{"id":1,"algorithm":"CANARY","material":"${key}"}]}`,
        `{"primary":2,"keys":[{"id":1,"algorithm":"AES256_GCM","material":"${key}"}]}`,
        `{"primary":1,"keys":[]}`,
        `{"primary":1,"keys":[{"id":1,"algorithm":"AES256_GCM","material":"CANARY"}]}`,
        "CANARY not even json"
      ]
      for (const text of damaged) {
        yield* secrets.set("keyset/notes", Redacted.make(text))
        const uses = [
          Effect.asVoid(store.load("notes")),
          Effect.asVoid(store.loadOrCreate("notes", Effect.dieMessage("create was run")))
        ]
        for (const use of uses) {
          const exit = yield* Effect.exit(use)
          assert.isTrue(Exit.isFailure(exit))
          if (Exit.isSuccess(exit)) continue
          // @effect-diagnostics-next-line preferSchemaOverJson:off -- what a caller could print is the subject
          const shown = `${Cause.pretty(exit.cause)} ${JSON.stringify(exit)} ${inspect(exit, { depth: 20 })}`
          assert.notInclude(shown, "CANARY")
          assert.notInclude(shown, key)
          assert.include(shown, "Corrupt")
        }
        const kept = yield* secrets.get("keyset/notes")
        assert.deepStrictEqual(Option.map(kept, Redacted.value), Option.some(text))
      }
    }).pipe(Effect.provide(layer)))
})
