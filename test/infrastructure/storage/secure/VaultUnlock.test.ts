import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import type { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as MaintenanceFixture from "./MaintenanceFixture.ts"
import { replaceFile } from "./replaceFile.ts"

const recoveryCode = { _tag: "RecoveryCode" } as const

const token = ({ store }: { readonly store: typeof SecureStore.Service }) =>
  Effect.map(store.get("token"), (found) => Option.getOrUndefined(Option.map(found, Redacted.value)))

const tagOf = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)

describe("VaultUnlock", () => {
  for (
    const [what, content, tag] of [
      ["is another vault's", Buffer.alloc(32, 9), "WrongSecret"],
      ["is damaged", Buffer.alloc(31, 9), "Corrupt"]
    ] as const
  ) {
    it.scoped(`a store whose key file ${what} says so, and waits for the recovery code where it has one`, () =>
      Effect.gen(function*() {
        const { inFile, keyFile, open } = yield* MaintenanceFixture.make
        const first = yield* open([inFile])
        yield* first.store.set("token", Redacted.make("tok_1"))
        const key = readFileSync(keyFile)
        writeFileSync(keyFile, content)
        assert.strictEqual(yield* tagOf(token(yield* open([inFile]))), tag)

        writeFileSync(keyFile, key)
        const { recoveryCode: code, slot } = yield* first.maintenance.addSlot(recoveryCode)
        writeFileSync(keyFile, content)
        const other = yield* open([inFile])
        const failure = yield* Effect.flip(token(other))
        assert.strictEqual(failure._tag, "Locked")
        assert.include(failure.message, tag === "Corrupt" ? "damaged" : "give the right key for \"key-file\"")
        assert.include(failure.message, "recovery-code")
        const wrong = other.maintenance.unlock("recovery-code", Redacted.make("x"))
        assert.strictEqual(yield* tagOf(wrong), "WrongSecret")
        yield* other.maintenance.unlock("recovery-code", Option.getOrThrow(code))
        assert.strictEqual(yield* token(other), "tok_1")

        writeFileSync(keyFile, key)
        yield* first.maintenance.removeSlot(slot.id)
        writeFileSync(keyFile, content)
        assert.strictEqual(yield* tagOf(token(yield* open([inFile]))), tag)
      }))
  }

  it.scoped("a changed file is Tampered, whatever only the person knows", () =>
    Effect.gen(function*() {
      const { file, open } = yield* MaintenanceFixture.make
      const first = yield* open()
      yield* first.store.set("token", Redacted.make("tok_1"))
      yield* first.maintenance.addSlot(recoveryCode)
      const bytes = readFileSync(file)
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      replaceFile(file, bytes)
      assert.strictEqual(yield* tagOf(token(yield* open())), "Tampered")
    }))
})
