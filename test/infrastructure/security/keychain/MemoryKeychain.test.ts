import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Redacted, Ref, TestClock } from "effect"
import type { KeychainStatus } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import * as KeychainFixes from "../../../../src/infrastructure/security/keychain/KeychainFixes.ts"
import * as MemoryKeychain from "../../../../src/infrastructure/security/keychain/MemoryKeychain.ts"
import * as KeychainContract from "../../../../src/testing/contract/KeychainContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const available: KeychainStatus = { _tag: "Available", backend: "memory", persistence: "process" }
const locked: KeychainStatus = { _tag: "Locked", backend: "memory", canPrompt: true }

suite(KeychainContract.contract, "memory", MemoryKeychain.layer())
suite(
  KeychainContract.lockedContract,
  "memory",
  MemoryKeychain.layer({ status: Effect.succeed(locked), person: Effect.never })
)

const item = { service: "strata", account: "root key" }
const value = Redacted.make(new Uint8Array(32))
const asking = { interaction: "allowed" } as const

/** A locked keychain whose person takes 10 s to type the password; counts dialogs opened and closed. */
const attended = (answer: "accepted" | "dismissed") =>
  Effect.gen(function*() {
    const status = yield* Ref.make<KeychainStatus>(locked)
    const dialogs = yield* Ref.make({ opened: 0, closed: 0 })
    const person = Effect.gen(function*() {
      yield* Ref.update(dialogs, ({ closed, opened }) => ({ opened: opened + 1, closed }))
      yield* Effect.sleep("10 seconds")
      if (answer === "accepted") yield* Ref.set(status, available)
      return answer
    }).pipe(Effect.onInterrupt(() => Ref.update(dialogs, ({ closed, opened }) => ({ opened, closed: closed + 1 }))))
    return { keychain: MemoryKeychain.make({ status: Ref.get(status), person }), dialogs: Ref.get(dialogs) }
  })

describe("MemoryKeychain", () => {
  it.effect("fails as its script says, keeps its items meanwhile, and never calls a locked item absent", () =>
    Effect.gen(function*() {
      const status = yield* Ref.make<KeychainStatus>(available)
      const keychain = MemoryKeychain.make({ status: Ref.get(status) })
      yield* keychain.set(item, value)

      yield* Ref.set(status, { _tag: "Unavailable", reason: "NoService" })
      const failure = yield* Effect.flip(keychain.get(item))
      assert.strictEqual(failure.message, "The keychain is not available (NoService)")

      yield* Ref.set(status, { _tag: "Locked", backend: "memory", canPrompt: false })
      const unseen = yield* Effect.flip(keychain.get(item, asking))
      assert.strictEqual(unseen.message, "The keychain is not available (NonInteractiveSession)")

      yield* Ref.set(status, available)
      assert.isTrue(yield* keychain.remove(item))
    }))

  it.effect("says how large a value may be", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(MemoryKeychain.make({ limit: 31 }).set(item, value))
      assert.strictEqual(failure.message, "The keychain takes 31 bytes, not 32")
    }))

  it.effect("is as slow as its script, and loses its connection when that says so", () =>
    Effect.gen(function*() {
      const slow = MemoryKeychain.make({ before: Effect.sleep("6 seconds") })
      const waiting = yield* Effect.fork(Effect.flip(slow.get(item)))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "PromptTimeout")

      const lost = MemoryKeychain.make({ before: KeychainFixes.backend("memory", "Disconnected") })
      assert.strictEqual((yield* Effect.flip(lost.get(item))).message, "The keychain (memory) failed: Disconnected")
    }))
})

describe("waiting for the person", () => {
  it.effect("shows one dialog to any number of waiters", () =>
    Effect.gen(function*() {
      const { dialogs, keychain } = yield* attended("accepted")
      const waiting = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 50 }), () => keychain.get(item, asking), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("10 seconds")
      assert.isTrue((yield* Fiber.join(waiting)).every(Option.isNone))
      assert.deepStrictEqual(yield* dialogs, { opened: 1, closed: 0 })
    }))

  it.effect("fails every waiter of a dismissed dialog, and asks again after the cool-down only", () =>
    Effect.gen(function*() {
      const { dialogs, keychain } = yield* attended("dismissed")
      const first = yield* Effect.fork(Effect.flip(keychain.get(item, asking)))
      const second = yield* Effect.fork(Effect.flip(keychain.unlock()))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(first))._tag, "PromptDismissed")
      assert.strictEqual((yield* Fiber.join(second))._tag, "PromptDismissed")

      yield* TestClock.adjust("29 seconds")
      assert.strictEqual((yield* Effect.flip(keychain.get(item, asking)))._tag, "PromptDismissed")
      assert.deepStrictEqual(yield* dialogs, { opened: 1, closed: 0 })

      yield* TestClock.adjust("1 second")
      const later = yield* Effect.fork(Effect.flip(keychain.get(item, asking)))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(later)
      assert.deepStrictEqual(yield* dialogs, { opened: 2, closed: 0 })
    }))

  it.effect("closes the dialog with the last waiter, however it leaves", () =>
    Effect.gen(function*() {
      const { dialogs, keychain } = yield* attended("accepted")
      const first = yield* Effect.fork(keychain.get(item, asking))
      const second = yield* Effect.fork(Effect.flip(keychain.get(item, { ...asking, timeout: "5 seconds" })))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
      assert.deepStrictEqual(yield* dialogs, { opened: 1, closed: 0 })

      yield* TestClock.adjust("4 seconds")
      assert.strictEqual((yield* Fiber.join(second))._tag, "PromptTimeout")
      assert.deepStrictEqual(yield* dialogs, { opened: 1, closed: 1 })
    }))

  it.effect("opens a new dialog for who comes after one was closed unanswered", () =>
    Effect.gen(function*() {
      const { dialogs, keychain } = yield* attended("accepted")
      const impatient = yield* Effect.fork(Effect.flip(keychain.get(item, { ...asking, timeout: "1 second" })))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(impatient)
      const patient = yield* Effect.fork(keychain.get(item, asking))
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.join(patient)))
      assert.deepStrictEqual(yield* dialogs, { opened: 2, closed: 1 })
    }))
})
