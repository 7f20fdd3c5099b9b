import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Queue, Redacted, Scope, TestClock } from "effect"
import { Locked } from "../../../../src/domain/storage/SecretFailure.ts"
import type { VaultKey } from "../../../../src/infrastructure/storage/secure/VaultKey.ts"
import { VaultKeys } from "../../../../src/infrastructure/storage/secure/VaultKey.ts"
import * as VaultSlots from "../../../../src/infrastructure/storage/secure/VaultSlots.ts"
import * as VaultFixture from "./VaultFixture.ts"

const key = Redacted.make(new Uint8Array(32).fill(7))
const secret = Redacted.make("secret")

const source: VaultKey = {
  slot: "environment",
  load: Effect.succeed(key),
  loadForNewVault: Effect.succeed(key),
  status: Effect.succeed({ detail: "test", usable: true, durable: true })
}

const layerOf = (...sources: ReadonlyArray<VaultKey>) => Layer.succeed(VaultKeys, sources)

describe("who keeps the generation of the vault and gives no answer", () => {
  it.scoped("holds up a read, a write and the end for seconds only", () =>
    Effect.gen(function*() {
      const { open } = yield* VaultFixture.make
      const asked = yield* Queue.unbounded<void>()
      const hanging = Effect.zipRight(Queue.offer(asked, undefined), Effect.never)
      const generation = { read: hanging, raise: () => hanging }
      const process = yield* Scope.make()
      const store = yield* Scope.extend(open({ key: layerOf({ ...source, generation }) }), process)
      const elapses = Effect.zipRight(Queue.take(asked), TestClock.adjust("5 seconds"))
      const setting = yield* Effect.fork(store.set("a", secret))
      yield* Effect.repeatN(elapses, 1)
      yield* Fiber.join(setting)
      assert.deepStrictEqual(Option.map(yield* store.get("a"), Redacted.value), Option.some("secret"))
      const closing = yield* Effect.fork(Scope.close(process, Exit.void))
      yield* elapses
      yield* Fiber.join(closing)
    }))

  it.scoped("does not make accepting or restoring an older copy wait for a key for ever", () =>
    Effect.gen(function*() {
      const { open, openVault } = yield* VaultFixture.make
      const store = yield* open({ key: layerOf(source) })
      yield* store.set("a", secret)
      yield* store.set("a", secret)
      for (const operation of ["acceptRollback", "restorePrevious"] as const) {
        const asked = yield* Deferred.make<void>()
        const { vault } = yield* openVault({
          key: layerOf({ ...source, load: Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never) })
        })
        const waiting = yield* Effect.fork(vault[operation])
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(waiting)
        yield* store.set("b", secret)
      }
    }))

  it.scoped("does not keep the others from keeping it", () =>
    Effect.gen(function*() {
      const { openVault } = yield* VaultFixture.make
      const raised: Array<bigint> = []
      const broken = new Locked({ fixes: [] })
      const lost = { read: broken, raise: () => broken }
      const found = {
        read: Effect.succeedNone,
        raise: (reached: bigint) => Effect.sync(() => void raised.push(reached))
      }
      const other = { ...source, slot: "command", generation: found }
      const { store, vault } = yield* openVault({ key: layerOf({ ...source, generation: lost }, other) })
      yield* store.set("a", secret)
      assert.isFalse(vault.noticesRollback())
      yield* vault.update((before) =>
        Effect.succeed([
          undefined,
          Option.map(before, (open) => VaultSlots.addSlot(open, { type: "command", key })[1])
        ])
      )
      const next = yield* openVault({ key: layerOf({ ...source, generation: lost }, other) })
      yield* next.store.set("a", secret)
      assert.deepStrictEqual(raised, [3n])
      assert.isTrue(next.vault.noticesRollback())
    }))
})
