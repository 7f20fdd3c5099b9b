import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { join } from "node:path"
import * as NativeKeychain from "../../../../src/infrastructure/security/keychain/NativeKeychain.ts"
import * as KeychainContract from "../../../../src/testing/contract/KeychainContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const module = join(import.meta.dirname, "native/FakeKeyring.cjs")
const item = { service: "strata-test", account: "root key" }
const value = Redacted.make(Uint8Array.of(0, 255, 1))

for (const platform of ["darwin", "win32"] as const) {
  suite(KeychainContract.contract, platform, NativeKeychain.layer({ platform, module }))
}

describe("NativeKeychain", () => {
  it.scopedLive("is for no other platform, and never Linux", () =>
    Effect.gen(function*() {
      for (const platform of ["linux", "freebsd", "aix"] as const) {
        const keychain = yield* NativeKeychain.make({ platform, module })
        assert.deepStrictEqual(yield* keychain.status, { _tag: "Unavailable", reason: "UnsupportedPlatform" })
        const failure = yield* Effect.flip(keychain.get(item))
        assert.strictEqual(failure.message, "The keychain is not available (UnsupportedPlatform)")
      }
    }))

  it.scopedLive("says that its package is not installed", () =>
    Effect.gen(function*() {
      const keychain = yield* NativeKeychain.make({ platform: "darwin", module: "no-such-package" })
      assert.deepStrictEqual(yield* keychain.status, { _tag: "Unavailable", reason: "NativeModuleMissing" })
      const failure = yield* Effect.flip(keychain.set(item, value))
      assert.strictEqual(failure.message, "The keychain is not available (NativeModuleMissing)")
    }))

  it.scopedLive("loads the real package where it is installed", () =>
    Effect.gen(function*() {
      const keychain = yield* NativeKeychain.make({ platform: "darwin" })
      assert.deepStrictEqual(yield* keychain.status, {
        _tag: "Available",
        backend: "macos-keychain",
        persistence: "durable"
      })
    }))

  it.scopedLive("gives up on a call that hangs, starts no second thread, and says so", () =>
    Effect.gen(function*() {
      const keychain = yield* NativeKeychain.make({ platform: "darwin", module, timeout: "10 seconds" })
      yield* keychain.set(item, value)
      const hanging = yield* Effect.flip(keychain.get({ ...item, account: "hang" }, { timeout: "200 millis" }))
      assert.strictEqual(hanging._tag, "PromptTimeout")
      const next = yield* Effect.flip(keychain.get(item))
      assert.strictEqual(next.message, "The keychain (macos-keychain) failed: WorkerHangs")
      assert.deepStrictEqual(yield* keychain.status, { _tag: "Locked", backend: "macos-keychain", canPrompt: true })
    }))

  it.scopedLive("fails the call whose thread ends, and starts another for the next", () =>
    Effect.gen(function*() {
      const keychain = yield* NativeKeychain.make({ platform: "win32", module, timeout: "10 seconds" })
      const crashed = yield* Effect.flip(keychain.get({ ...item, account: "crash" }))
      assert.strictEqual(crashed.message, "The keychain (windows-credentials) failed: WorkerEnded")
      yield* keychain.set(item, value)
      assert.deepStrictEqual(Option.map(yield* keychain.get(item), Redacted.value), Option.some(Redacted.value(value)))
    }))

  it.scopedLive("knows the limit of Windows before it writes", () =>
    Effect.gen(function*() {
      const keychain = yield* NativeKeychain.make({ platform: "win32", module })
      yield* keychain.set(item, Redacted.make(new Uint8Array(2560)))
      const failure = yield* Effect.flip(keychain.set(item, Redacted.make(new Uint8Array(2561))))
      assert.strictEqual(failure.message, "The keychain takes 2560 bytes, not 2561")
    }))

  it.scopedLive("maps the errors of the systems, and takes their word for absence", () =>
    Effect.gen(function*() {
      const keychain = yield* NativeKeychain.make({ platform: "darwin", module, timeout: "10 seconds" })
      const account = "error The specified item could not be found in the keychain. (-25300)"
      assert.isTrue(Option.isNone(yield* keychain.get({ ...item, account })))
      assert.isFalse(yield* keychain.remove({ ...item, account }))
      const denied = yield* Effect.flip(keychain.get({ ...item, account: "error The keychain said -25293" }))
      assert.strictEqual(denied._tag, "AccessDenied")
    }))
})
