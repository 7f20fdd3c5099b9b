import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted } from "effect"
import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as EnvironmentVaultKey from "../../../../src/infrastructure/storage/secure/EnvironmentVaultKey.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const key = Buffer.alloc(32, 0xa5)

const hex = (loaded: Redacted.Redacted<Uint8Array>) => Buffer.from(Redacted.value(loaded)).toString("hex")

/** A descriptor as the starter of the program leaves it. */
const descriptorOf = (content: string | Uint8Array) =>
  Effect.map(temporaryFolder, (folder) => {
    writeFileSync(join(folder, "key"), content)
    return openSync(join(folder, "key"), "r")
  })

const fromDescriptor = (content: string | Uint8Array) =>
  Effect.gen(function*() {
    const descriptor = yield* descriptorOf(content)
    const { ino } = fstatSync(descriptor)
    /** The number may be another file's by now. */
    const isClosed = Effect.sync(() => {
      try {
        return fstatSync(descriptor).ino !== ino
      } catch {
        return true
      }
    })
    return { ...(yield* EnvironmentVaultKey.makeFromDescriptor(descriptor, "10 seconds")), isClosed }
  })

const fromValue = (text: string) => EnvironmentVaultKey.make({ from: { _tag: "Value", value: Redacted.make(text) } })

describe("EnvironmentVaultKey", () => {
  for (
    const [what, content] of [
      ["raw", key],
      ["in hexadecimal", `${key.toString("hex")}\n`],
      ["in base64", `${key.toString("base64")}\n`]
    ] as const
  ) {
    it.scoped(`reads a key ${what} from a descriptor, once, and closes it`, () =>
      Effect.gen(function*() {
        const { isClosed, load, loadForNewVault } = yield* fromDescriptor(content)
        const loads = yield* Effect.all([load, load, loadForNewVault], { concurrency: "unbounded" })
        assert.deepStrictEqual(loads.map(hex), Array(3).fill(key.toString("hex")))
        assert.isTrue(yield* isClosed)
        assert.strictEqual(hex(yield* load), key.toString("hex"))
      }))
  }

  for (const content of ["", "password", "x".repeat(1 << 20), key.subarray(1)]) {
    it.scoped(`${content.length} bytes that are no key are Locked, and the descriptor is closed`, () =>
      Effect.gen(function*() {
        const { isClosed, load } = yield* fromDescriptor(content)
        const failure = yield* Effect.flip(load)
        assert.strictEqual(failure._tag, "Locked")
        assert.include(failure.message, "openssl rand -base64 32")
        assert.notInclude(failure.message, "password")
        assert.isTrue(yield* isClosed)
      }))
  }

  it.scoped("a descriptor that nobody handed over is Locked", () =>
    Effect.gen(function*() {
      const { load } = yield* EnvironmentVaultKey.make({ from: { _tag: "Descriptor", descriptor: 9999 } })
      const failure = yield* Effect.flip(load)
      assert.include(failure.message, "file descriptor 9999")
    }))

  it.scoped("a descriptor that this process opened itself is Locked, and stays open and unread", () =>
    Effect.gen(function*() {
      const descriptor = yield* descriptorOf(key)
      const { load, status } = yield* EnvironmentVaultKey.make({ from: { _tag: "Descriptor", descriptor } })
      assert.strictEqual((yield* Effect.flip(load))._tag, "Locked")
      assert.isFalse((yield* status).usable)
      assert.strictEqual(readFileSync(descriptor).length, key.length)
      closeSync(descriptor)
    }))

  it.scoped("whoever is interrupted does not take the key away from others", () =>
    Effect.gen(function*() {
      const { load } = yield* fromDescriptor(key)
      const first = yield* Effect.fork(load)
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      const exit = yield* Effect.exit(load)
      assert.isTrue(Exit.isSuccess(exit))
    }))

  it.effect("reads a key from a setting, which it does not show", () =>
    Effect.gen(function*() {
      const source = yield* fromValue(key.toString("base64url"))
      assert.strictEqual(hex(yield* source.load), key.toString("hex"))
      assert.deepStrictEqual(yield* source.status, { detail: "a setting", usable: true, durable: true })
      const wrong = yield* fromValue("hunter2-hunter2")
      assert.notInclude((yield* Effect.flip(wrong.load)).message, "hunter2")
      assert.isFalse((yield* wrong.status).usable)
    }))
})
