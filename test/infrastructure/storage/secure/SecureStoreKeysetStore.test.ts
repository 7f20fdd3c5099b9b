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

const key = Buffer.alloc(32, 7).toString("base64")
const legacy = (algorithm: string) => `{"primary":1,"keys":[{"id":1,"algorithm":"${algorithm}","material":"${key}"}]}`

const ids = (keyset: Keyset.Keyset) => keyset.keys.map(({ id }) => id)

const materials = (keyset: Keyset.Keyset) =>
  keyset.keys.map((each) => "material" in each ? Buffer.from(Redacted.value(each.material)).toString("base64") : "")

const future =
  `{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.FutureKey","value":"${key}",`
  + `"keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":1,"outputPrefixType":"TINK"}]}`

const create = Effect.succeed([undefined, Keyset.generate("XAES_256_GCM")] as const)

describe("SecureStoreKeysetStore", () => {
  it.effect("another instance over the same secrets has the same keys and counts", () =>
    Effect.gen(function*() {
      const first = yield* KeysetStore
      const second = yield* SecureStoreKeysetStore.make
      const keyset = Keyset.generate("AES_256_GCM")
      yield* first.modify("notes", () => Effect.succeed([undefined, keyset] as const))
      assert.deepStrictEqual(Option.map(yield* second.load("notes"), ids), Option.some(ids(keyset)))
      assert.isTrue(yield* first.reserve("notes", keyset.primary, 60, 100))
      assert.isFalse(yield* second.reserve("notes", keyset.primary, 60, 100))
    }).pipe(Effect.provide(layer)))

  it.effect("writes Tink's JSON form", () =>
    Effect.gen(function*() {
      yield* (yield* KeysetStore).modify("notes", () => create)
      const text = Redacted.value(Option.getOrThrow(yield* (yield* SecureStore).get("keyset/notes")))
      assert.match(
        text,
        /^\{"primaryKeyId":\d+,"key":\[\{"keyData":\{"typeUrl":"type\.googleapis\.com\/google\.crypto\./
      )
    }).pipe(Effect.provide(layer)))

  it.effect("does not write a keyset that has too many keys to be read again", () =>
    Effect.gen(function*() {
      const store = yield* KeysetStore
      const keyset = Keyset.generate("HMAC_SHA256")
      yield* store.modify("mac/notes", () => Effect.succeed([undefined, keyset] as const))
      const many = Array.from(
        { length: 1000 },
        (_, at) => keyset.keys.map((each) => ({ ...each, id: each.id ^ (at + 1) }))
      )
      const grown = { ...keyset, keys: [...keyset.keys, ...many.flat()] }
      const failure = yield* Effect.flip(store.modify("mac/notes", () => Effect.succeed([undefined, grown] as const)))
      assert.strictEqual(failure._tag, "Full")
      assert.deepStrictEqual(Option.map(yield* store.load("mac/notes"), ids), Option.some(ids(keyset)))
    }).pipe(Effect.provide(layer)))

  it.effect("loads keysets in the form of before, and writes Tink's at the next change", () =>
    Effect.gen(function*() {
      const secrets = yield* SecureStore
      const store = yield* KeysetStore
      yield* secrets.set("keyset/aead/notes", Redacted.make(legacy("AES256_GCM")))
      yield* secrets.set("keyset/prf/notes", Redacted.make(legacy("HKDF_SHA256")))
      const primitive = (name: string) => Effect.map(store.load(name), Option.map((keyset) => keyset.primitive))
      assert.deepStrictEqual(yield* primitive("aead/notes"), Option.some("Aead" as const))
      assert.deepStrictEqual(yield* primitive("prf/notes"), Option.some("Prf" as const))
      yield* store.modify("aead/notes", (current) => Effect.map(current, (keyset) => [undefined, keyset] as const))
      const text = Option.map(yield* secrets.get("keyset/aead/notes"), Redacted.value)
      assert.isTrue(Option.exists(text, (json) => json.includes("google.crypto.tink.AesGcmKey")))
      assert.deepStrictEqual(Option.map(yield* store.load("aead/notes"), ids), Option.some([1]))
      assert.deepStrictEqual(Option.map(yield* store.load("aead/notes"), materials), Option.some([key]))
    }).pipe(Effect.provide(layer)))

  it.effect("a damaged keyset is Corrupt, one of a newer version NewerThanApp; it is kept, and no message holds it", () =>
    Effect.gen(function*() {
      const secrets = yield* SecureStore
      const store = yield* KeysetStore
      const damaged = [
        { text: legacy("CANARY"), tag: "Corrupt" },
        { text: legacy("AES256_GCM").replace(`"primary":1`, `"primary":2`), tag: "Corrupt" },
        { text: `{"primary":1,"keys":[]}`, tag: "Corrupt" },
        { text: legacy("AES256_GCM").replace(key, "CANARY"), tag: "Corrupt" },
        { text: "CANARY not even json", tag: "Corrupt" },
        { text: future.replace("ENABLED", "DISABLED"), tag: "Corrupt" },
        { text: future, tag: "NewerThanApp" }
      ]
      for (const { tag, text } of damaged) {
        yield* secrets.set("keyset/notes", Redacted.make(text))
        const uses = [Effect.asVoid(store.load("notes")), store.modify("notes", () => create)]
        for (const use of uses) {
          const exit = yield* Effect.exit(use)
          assert.isTrue(Exit.isFailure(exit))
          if (Exit.isSuccess(exit)) continue
          // @effect-diagnostics-next-line preferSchemaOverJson:off -- what a caller could print is the subject
          const shown = `${Cause.pretty(exit.cause)} ${JSON.stringify(exit)} ${inspect(exit, { depth: 20 })}`
          assert.notInclude(shown, "CANARY")
          assert.notInclude(shown, key)
          assert.include(shown, tag)
        }
        const kept = yield* secrets.get("keyset/notes")
        assert.deepStrictEqual(Option.map(kept, Redacted.value), Option.some(text))
      }
    }).pipe(Effect.provide(layer)))

  it.effect("damaged counts are Corrupt: a key whose uses are unknown is not used", () =>
    Effect.gen(function*() {
      const secrets = yield* SecureStore
      const store = yield* KeysetStore
      for (const text of ["", "{", `{"1":-1}`, `{"1":"x"}`, "[]"]) {
        yield* secrets.set("keyset-counts/notes", Redacted.make(text))
        assert.strictEqual((yield* Effect.flip(store.reserve("notes", 1, 1, 10)))._tag, "Corrupt", text)
      }
    }).pipe(Effect.provide(layer)))
})
