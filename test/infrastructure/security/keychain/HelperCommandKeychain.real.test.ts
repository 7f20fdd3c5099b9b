import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, TestServices } from "effect"
import { execFileSync } from "node:child_process"
import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as HelperCommandKeychain from "../../../../src/infrastructure/security/keychain/HelperCommandKeychain.ts"
import { Keychain } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import * as KeychainContract from "../../../../src/testing/contract/KeychainContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import * as GnomeKeyring from "../../../support/keyring/GnomeKeyring.ts"
import * as SessionBus from "../../../support/keyring/SessionBus.ts"
import { installed } from "../../../support/needs.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const item = { service: "strata-test", account: "root key" }
const value = Redacted.make(new TextEncoder().encode("a planted secret"))
const patient = { timeout: "30 seconds" } as const

const helper = "docker-credential-secretservice"
const hasHelper = GnomeKeyring.isInstalled() && installed(helper)

/** The helper of Docker, on a bus of its own. */
const onOwnBus = Effect.map(GnomeKeyring.unlocked, ({ bus: { environment } }) => ({
  environment,
  keychain: HelperCommandKeychain.make({
    ...patient,
    command: ["env", ...Object.entries(environment).map(([name, text]) => `${name}=${text}`), helper]
  })
}))

if (hasHelper) {
  suite(
    KeychainContract.contract,
    helper,
    Layer.scoped(Keychain, Effect.map(TestServices.provideLive(onOwnBus), ({ keychain }) => keychain))
  )
}

describe.skipIf(!hasHelper)(`HelperCommandKeychain and ${helper}`, () => {
  it.scopedLive("reads what others stored and is read by them", () =>
    Effect.gen(function*() {
      const { environment, keychain } = yield* onOwnBus
      const ask = (action: string, input: string) =>
        execFileSync(helper, [action], { env: { ...process.env, ...environment }, input, encoding: "utf8" })
      yield* keychain.set(item, value)
      const url = "https://effect-strata.keychain/strata-test/root%20key"
      assert.include(ask("get", url), `"Secret":"a planted secret"`)
      ask("store", JSON.stringify({ ServerURL: url, Username: item.account, Secret: "theirs" }))
      const found = Option.map(yield* keychain.get(item), (bytes) => Buffer.from(Redacted.value(bytes)).toString())
      assert.deepStrictEqual(found, Option.some("theirs"))
    }))
})

const fake = join(import.meta.dirname, "command/fakeHelper.sh")

const failureOf = (...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.flip(HelperCommandKeychain.make({ ...patient, command: [fake, ...args] }).get(item)),
    (failure) =>
      `${failure._tag} ${"reason" in failure ? failure.reason : "code" in failure ? failure.code : ""}`.trim()
  )

describe("HelperCommandKeychain", () => {
  it.live("says that the helper is not there", () =>
    Effect.gen(function*() {
      const keychain = HelperCommandKeychain.make({ command: ["/nonexistent/helper"] })
      assert.deepStrictEqual(yield* keychain.status, { _tag: "Unavailable", reason: "NoService" })
      assert.strictEqual((yield* Effect.flip(keychain.get(item)))._tag, "KeychainUnavailable")
    }))

  it.live("maps what helpers say when they fail", () =>
    Effect.gen(function*() {
      const absent = HelperCommandKeychain.make({
        ...patient,
        command: [fake, "says", "credentials not found in native keychain"]
      })
      assert.isTrue(Option.isNone(yield* absent.get(item)))
      assert.strictEqual(
        yield* failureOf("says", "User interaction is not allowed. (-25308)"),
        "KeychainUnavailable NonInteractiveSession"
      )
      assert.strictEqual(
        yield* failureOf("says", "Cannot autolaunch D-Bus without X11 $DISPLAY"),
        "KeychainUnavailable NoSessionBus"
      )
      assert.strictEqual(
        yield* failureOf("says", "The name x was not provided by any .service files"),
        "KeychainUnavailable NoService"
      )
      assert.strictEqual(yield* failureOf("says", "prompt dismissed"), "PromptDismissed")
      assert.strictEqual(yield* failureOf("says", "gpg: decryption failed: No secret key"), "KeychainLocked")
      assert.strictEqual(yield* failureOf("says", "alice@example.com"), "KeychainBackendError Exit 1")
      assert.strictEqual(yield* failureOf("garbage"), "ItemCorrupt")
      assert.strictEqual(yield* failureOf("flood"), "KeychainBackendError TooMuchOutput")
    }))

  it.scopedLive("kills a helper that hangs, when the time is up", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const script = join(folder, "helper.sh")
      writeFileSync(script, `#!/bin/sh\necho $$ > ${folder}/pid\nexec ${fake} hang\n`)
      chmodSync(script, 0o755)
      const keychain = HelperCommandKeychain.make({ command: [script], timeout: "1 second" })
      assert.strictEqual((yield* Effect.flip(keychain.get(item)))._tag, "PromptTimeout")
      const pid = Number(readFileSync(join(folder, "pid"), "utf8"))
      yield* SessionBus.eventually(Effect.sync(() => {
        try {
          return !process.kill(pid, 0)
        } catch {
          return true
        }
      }))
    }))

  it.scopedLive("gives names and secrets to its standard input only", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const script = join(folder, "helper.sh")
      writeFileSync(
        script,
        `#!/bin/sh\ntr '\\0' '\\n' < /proc/$$/cmdline > ${folder}/seen\ntr '\\0' '\\n' < /proc/$$/environ >> ${folder}/seen\ncat > ${folder}/input\n`
      )
      chmodSync(script, 0o755)
      const keychain = HelperCommandKeychain.make({ ...patient, command: [script] })
      yield* keychain.set(item, value)
      const seen = readFileSync(join(folder, "seen"), "utf8")
      assert.include(seen, "helper.sh\nstore")
      assert.notInclude(seen, "planted")
      assert.notMatch(seen, /root( |%20)key/)
      assert.include(readFileSync(join(folder, "input"), "utf8"), "a planted secret")
    }))
})
