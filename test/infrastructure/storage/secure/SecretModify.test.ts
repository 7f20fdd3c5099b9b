import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted, TestClock } from "effect"
import * as MemorySecureStore from "../../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import * as VaultFixture from "./VaultFixture.ts"

const stores = { memory: MemorySecureStore.make, vault: Effect.flatMap(VaultFixture.make, ({ open }) => open()) }

describe("modify", () => {
  for (const [name, make] of Object.entries(stores)) {
    it.scoped(`gives a new value no time to live, though it is equal (${name})`, () =>
      Effect.gen(function*() {
        const store = yield* make
        const brief = { timeToLive: "1 second" } as const
        yield* store.set("renewed", Redacted.make("same"), brief)
        yield* store.set("left", Redacted.make("same"), brief)
        yield* store.modify("renewed", () => Effect.succeed([undefined, Option.some(Redacted.make("same"))] as const))
        yield* store.modify("left", (current) => Effect.succeed([undefined, current] as const))
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* store.list, ["renewed"])
      }))
  }
})
