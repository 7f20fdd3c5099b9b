/**
 * A vault with a history, and what tests do with it.
 */
import { assert } from "@effect/vitest"
import { Effect, Option, Redacted, Scope } from "effect"
import { readFileSync } from "node:fs"
import type { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { replaceFile } from "./replaceFile.ts"
import * as VaultFixture from "./VaultFixture.ts"

type Store = typeof SecureStore.Service

export const holds = (store: Store, name: string, expected: string) =>
  Effect.map(
    store.get(name),
    (found) => assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some(expected))
  )

export const set = (store: Store, value: string) => store.set("token", Redacted.make(value))
export const restore = (file: string, content: Uint8Array) => replaceFile(file, content)

/** A vault of three generations, written by a process that has ended, and its first one. */
export const aged = Effect.gen(function*() {
  const fixture = yield* VaultFixture.make
  const process = yield* Scope.make()
  const store = yield* Scope.extend(fixture.open(), process)
  yield* set(store, "first")
  const first = readFileSync(fixture.vaultFile)
  yield* set(store, "second")
  yield* set(store, "third")
  yield* Scope.close(process, yield* Effect.exit(Effect.void))
  return { ...fixture, first }
})
