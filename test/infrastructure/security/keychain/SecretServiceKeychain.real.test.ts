import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import * as SecretServiceKeychain from "../../../../src/infrastructure/security/keychain/SecretServiceKeychain.ts"
import * as GnomeKeyring from "../../../support/keyring/GnomeKeyring.ts"
import * as ScriptedPrompter from "../../../support/keyring/ScriptedPrompter.ts"
import * as SessionBus from "../../../support/keyring/SessionBus.ts"

const item = { service: "strata-test", account: "root key" }
const value = Redacted.make(new TextEncoder().encode("a value"))
const text = Option.map((bytes: Redacted.Redacted<Uint8Array>) => new TextDecoder().decode(Redacted.value(bytes)))

const session = ({ address }: SessionBus.SessionBus, interactive = true) => ({ busAddress: address, interactive })

/** A keyring that holds the item and is closed. */
const locked = Effect.gen(function*() {
  const { bus, daemon } = yield* GnomeKeyring.unlocked
  yield* Effect.scoped(
    Effect.flatMap(SecretServiceKeychain.make({ session: session(bus) }), (keychain) => keychain.set(item, value))
  )
  yield* GnomeKeyring.kill(bus, daemon)
  return { bus, daemon: yield* GnomeKeyring.start(bus, "locked") }
})

describe.skipIf(!GnomeKeyring.isInstalled())("SecretServiceKeychain and GNOME Keyring", () => {
  it.scopedLive("unlocked: keeps the item", () =>
    Effect.gen(function*() {
      const { bus } = yield* GnomeKeyring.unlocked
      const keychain = yield* SecretServiceKeychain.make({ session: session(bus) })
      assert.deepStrictEqual(yield* keychain.status, {
        _tag: "Available",
        backend: "secret-service",
        persistence: "durable"
      })
      assert.isTrue(Option.isNone(yield* keychain.get(item)))
      yield* keychain.set(item, value)
      assert.deepStrictEqual(text(yield* keychain.get(item)), Option.some("a value"))
    }))

  it.scopedLive("prompt accepted", () =>
    Effect.gen(function*() {
      const { bus } = yield* locked
      const prompter = yield* ScriptedPrompter.make(bus.address, [{ type: GnomeKeyring.password }])
      const keychain = yield* SecretServiceKeychain.make({ session: session(bus), interaction: "allowed", promptTimeout: "6 seconds" })
      assert.deepStrictEqual(yield* keychain.status, { _tag: "Locked", backend: "secret-service", canPrompt: true })
      assert.strictEqual(yield* prompter.opened, 0)
      const all = yield* Effect.forEach(Array.from({ length: 50 }), () => keychain.get(item), { concurrency: "unbounded" })
      for (const found of all) assert.deepStrictEqual(text(found), Option.some("a value"))
      assert.strictEqual(yield* prompter.opened, 1)
    }))
})
