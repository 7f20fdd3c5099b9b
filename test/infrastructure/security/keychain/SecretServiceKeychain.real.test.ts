import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Redacted, TestServices } from "effect"
import { readFile } from "node:fs/promises"
import { Keychain } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import type { KeychainStatus } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import * as KeychainContract from "../../../../src/testing/contract/KeychainContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import * as GnomeKeyring from "../../../support/keyring/GnomeKeyring.ts"
import { item, locked, open, session, text, value } from "../../../support/keyring/Items.ts"
import * as ScriptedPrompter from "../../../support/keyring/ScriptedPrompter.ts"
import * as SessionBus from "../../../support/keyring/SessionBus.ts"

const isInstalled = GnomeKeyring.isInstalled()

const available: KeychainStatus = { _tag: "Available", backend: "secret-service", persistence: "durable" }
const isLocked: KeychainStatus = { _tag: "Locked", backend: "secret-service", canPrompt: true }
const asking = { interaction: "allowed" } as const
const found = Option.some("a value")

/** How each call fails: its tag, and the reason or code where there is one. */
const failures = (keychain: typeof Keychain.Service, access: { readonly interaction: "allowed" | "never" }) =>
  Effect.forEach(
    [
      keychain.get(item, access),
      keychain.set(item, value, access),
      keychain.remove(item, access),
      keychain.list(item.service, access)
    ],
    (call: Effect.Effect<unknown, { readonly _tag: string; readonly reason?: string; readonly code?: string }>) =>
      Effect.map(
        Effect.flip(Effect.asVoid(call)),
        ({ _tag, code = "", reason = "" }) => `${_tag} ${reason}${code}`.trim()
      )
  )

const all = (failure: string) => Array.from({ length: 4 }, () => failure)

if (isInstalled) {
  suite(
    KeychainContract.contract,
    "secret service",
    Layer.scoped(
      Keychain,
      Effect.flatMap(TestServices.provideLive(GnomeKeyring.unlocked), ({ bus }) => open(bus))
    )
  )
}

describe.skipIf(!isInstalled)("SecretServiceKeychain and GNOME Keyring", () => {
  it.scopedLive("unlocked: keeps items of any size up to its limit", () =>
    Effect.gen(function*() {
      const { bus } = yield* GnomeKeyring.unlocked
      const keychain = yield* open(bus)
      assert.deepStrictEqual(yield* keychain.status, available)
      const emoji = { service: "strata-test 🔑", account: "日本 'quoted' \\ \u0007" }
      for (const size of [0, 1, 2560, 2561, 1024 * 1024]) {
        const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31 + 0xc3) % 256)
        yield* keychain.set(emoji, Redacted.make(bytes))
        const stored = Option.map(yield* keychain.get(emoji), Redacted.value)
        assert.isTrue(Option.exists(stored, (back) => Buffer.compare(back, bytes) === 0), `${size} bytes`)
      }
      const tooLarge = yield* Effect.flip(keychain.set(emoji, Redacted.make(new Uint8Array(1024 * 1024 + 1))))
      assert.strictEqual(tooLarge.message, "The keychain takes 1048576 bytes, not 1048577")
      const nul = yield* Effect.flip(keychain.get({ service: "a\0b", account: "" }))
      assert.strictEqual(nul.message, "The keychain (secret-service) failed: Malformed string")
    }))

  it.scopedLive("locked: refuses, and says so without showing a dialog", () =>
    Effect.gen(function*() {
      const { bus } = yield* locked
      const prompter = yield* ScriptedPrompter.make(bus.address, ["ignore"])
      const keychain = yield* open(bus)
      assert.deepStrictEqual(yield* keychain.status, isLocked)
      assert.deepStrictEqual(yield* failures(keychain, { interaction: "never" }), all("KeychainLocked"))
      const absent = yield* Effect.flip(keychain.get({ service: "strata-test", account: "absent" }))
      assert.strictEqual(absent._tag, "KeychainLocked")

      const unseen = yield* open(bus, { session: session(bus, false) })
      assert.deepStrictEqual(yield* unseen.status, { ...isLocked, canPrompt: false })
      assert.deepStrictEqual(yield* failures(unseen, asking), all("KeychainUnavailable NonInteractiveSession"))
      assert.strictEqual(yield* prompter.opened, 0)
    }))

  it.scopedLive("no service", () =>
    Effect.gen(function*() {
      const keychain = yield* open(yield* SessionBus.make())
      assert.deepStrictEqual(yield* keychain.status, { _tag: "Unavailable", reason: "NoService" })
      assert.deepStrictEqual(yield* failures(keychain, asking), all("KeychainUnavailable NoService"))
    }))

  it.scopedLive("a service that cannot be started", () =>
    Effect.gen(function*() {
      const keychain = yield* open(yield* SessionBus.make({ "org.freedesktop.secrets": "/bin/false" }))
      assert.deepStrictEqual(yield* keychain.status, { _tag: "Unavailable", reason: "NoService" })
      assert.deepStrictEqual(yield* failures(keychain, asking), all("KeychainUnavailable NoService"))
    }))

  it.scopedLive("no bus", () =>
    Effect.gen(function*() {
      for (const busAddress of ["", "unix:path=/nonexistent/bus", "tcp:host=localhost,port=1", "nonsense"]) {
        const keychain = yield* open({ address: busAddress, home: "", environment: {} })
        assert.deepStrictEqual(yield* keychain.status, { _tag: "Unavailable", reason: "NoSessionBus" })
        assert.deepStrictEqual(yield* failures(keychain, asking), all("KeychainUnavailable NoSessionBus"))
      }
    }))

  it.scopedLive("no default collection: a service that the bus starts in a fresh home", () =>
    Effect.gen(function*() {
      const command = "/usr/bin/gnome-keyring-daemon --start --foreground --components=secrets"
      const bus = yield* SessionBus.make({ "org.freedesktop.secrets": command })
      const prompter = yield* ScriptedPrompter.make(bus.address, ["ignore"])
      const keychain = yield* open(bus)
      assert.deepStrictEqual(yield* keychain.status, { _tag: "Unavailable", reason: "NoDefaultCollection" })
      assert.deepStrictEqual(yield* failures(keychain, asking), all("KeychainUnavailable NoDefaultCollection"))
      assert.strictEqual(yield* prompter.opened, 0)
    }))

  it.scopedLive("daemon killed while a person is asked: typed, and the next call finds its successor", () =>
    Effect.gen(function*() {
      const { bus, daemon } = yield* locked
      const prompter = yield* ScriptedPrompter.make(bus.address, ["ignore", { type: GnomeKeyring.password }])
      const keychain = yield* open(bus, asking)
      const waiting = yield* Effect.fork(Effect.flip(keychain.get(item)))
      yield* SessionBus.eventually(Effect.map(prompter.asked, (count) => count === 1))
      yield* GnomeKeyring.kill(bus, daemon)
      const failure = yield* Fiber.join(waiting)
      assert.strictEqual(failure.message, "The keychain (secret-service) failed: Disconnected: ServiceEnded")

      yield* GnomeKeyring.start(bus, "locked")
      assert.deepStrictEqual(text(yield* keychain.get(item)), found)
    }))

  it.scopedLive("daemon killed before the answer of a plain call", () =>
    Effect.gen(function*() {
      const { bus, daemon } = yield* GnomeKeyring.unlocked
      const keychain = yield* open(bus)
      yield* keychain.set(item, value)
      // A stopped process has received the call and cannot answer it.
      daemon.kill("SIGSTOP")
      const waiting = yield* Effect.fork(Effect.flip(keychain.get(item)))
      const unanswered = yield* Effect.flip(keychain.get(item, { timeout: "100 millis" }))
      assert.strictEqual(unanswered._tag, "PromptTimeout")
      yield* GnomeKeyring.kill(bus, daemon)
      const failure = yield* Fiber.join(waiting)
      assert.strictEqual(
        failure.message,
        "The keychain (secret-service) failed: org.freedesktop.DBus.Error.NoReply"
      )
    }))

  it.scopedLive("survives a daemon that restarted between two calls", () =>
    Effect.gen(function*() {
      const { bus, daemon } = yield* GnomeKeyring.unlocked
      const keychain = yield* open(bus)
      yield* keychain.set(item, value)
      yield* GnomeKeyring.kill(bus, daemon)
      yield* GnomeKeyring.start(bus, "unlocked")
      assert.deepStrictEqual(text(yield* keychain.get(item)), found)
    }))

  it.scopedLive("prompt accepted: one dialog for 50 readers, none for status", () =>
    Effect.gen(function*() {
      const { bus } = yield* locked
      const prompter = yield* ScriptedPrompter.make(bus.address, [{ type: GnomeKeyring.password }])
      const keychain = yield* open(bus, asking)
      for (let index = 0; index < 20; index++) assert.deepStrictEqual(yield* keychain.status, isLocked)
      assert.strictEqual(yield* prompter.opened, 0)
      const readers = Array.from({ length: 50 }, () => keychain.get(item))
      for (const each of yield* Effect.all(readers, { concurrency: "unbounded" })) {
        assert.deepStrictEqual(text(each), found)
      }
      assert.strictEqual(yield* prompter.opened, 1)
      assert.deepStrictEqual(yield* keychain.status, available)
    }))

  it.scopedLive("prompt cancelled: every waiter learns it, and nobody is asked again at once", () =>
    Effect.gen(function*() {
      const { bus } = yield* locked
      const prompter = yield* ScriptedPrompter.make(bus.address, ["cancel"])
      const keychain = yield* open(bus)
      const readers = Array.from({ length: 50 }, () => Effect.flip(keychain.get(item, asking)))
      for (const failure of yield* Effect.all(readers, { concurrency: "unbounded" })) {
        assert.strictEqual(failure._tag, "PromptDismissed")
      }
      assert.deepStrictEqual(yield* failures(keychain, asking), all("PromptDismissed"))
      assert.strictEqual((yield* Effect.flip(keychain.unlock()))._tag, "PromptDismissed")
      assert.strictEqual(yield* prompter.opened, 1)
      assert.deepStrictEqual(yield* keychain.status, isLocked)
    }))

  it.scopedLive("wrong password: the dialog asks again, until somebody gives up", () =>
    Effect.gen(function*() {
      const { bus } = yield* locked
      const prompter = yield* ScriptedPrompter.make(bus.address, [{ type: "wrong" }, "cancel"])
      const keychain = yield* open(bus)
      assert.strictEqual((yield* Effect.flip(keychain.unlock()))._tag, "PromptDismissed")
      assert.strictEqual(yield* prompter.asked, 2)
      assert.deepStrictEqual(yield* keychain.status, isLocked)
    }))

  it.scopedLive("wrong password, then the right one", () =>
    Effect.gen(function*() {
      const { bus } = yield* locked
      const reactions = [{ type: "wrong" }, { type: GnomeKeyring.password }]
      const prompter = yield* ScriptedPrompter.make(bus.address, reactions)
      const keychain = yield* open(bus)
      assert.deepStrictEqual(text(yield* keychain.get(item, asking)), found)
      assert.strictEqual(yield* prompter.asked, 2)
    }))

  it.scopedLive("unanswered: times out, the daemon lives, and who comes later waits for the same dialog", () =>
    Effect.gen(function*() {
      const { bus, daemon } = yield* locked
      const typing = yield* Deferred.make<ScriptedPrompter.Reaction>()
      const prompter = yield* ScriptedPrompter.make(bus.address, [Deferred.await(typing)])
      const keychain = yield* open(bus)
      const failure = yield* Effect.flip(keychain.get(item, { ...asking, timeout: "1 second" }))
      assert.strictEqual(failure._tag, "PromptTimeout")
      assert.deepStrictEqual(yield* keychain.status, isLocked)

      const interrupted = yield* Effect.fork(keychain.get(item, asking))
      yield* Effect.yieldNow()
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(interrupted)))

      const later = yield* Effect.fork(keychain.get(item, asking))
      yield* Deferred.succeed(typing, { type: GnomeKeyring.password })
      assert.deepStrictEqual(text(yield* Fiber.join(later)), found)
      assert.strictEqual(yield* prompter.opened, 1)
      assert.strictEqual(daemon.signalCode, null)
    }))

  it.scopedLive("leaves the threads that read files alone while a dialog is unanswered", () =>
    Effect.gen(function*() {
      const { bus } = yield* locked
      const prompter = yield* ScriptedPrompter.make(bus.address, ["ignore"])
      const keychain = yield* open(bus)
      const readers = Array.from({ length: 8 }, () => keychain.get(item, asking))
      const waiting = yield* Effect.fork(Effect.all(readers, { concurrency: "unbounded" }))
      yield* SessionBus.eventually(Effect.map(prompter.asked, (count) => count === 1))
      // Twice as many wait as there are threads: had they taken them, no file could be read before they leave.
      yield* Effect.promise(() => readFile(import.meta.filename))
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* Fiber.interrupt(waiting)
    }))
})
