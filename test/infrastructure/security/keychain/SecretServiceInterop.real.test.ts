import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { createRequire } from "node:module"
import * as GnomeKeyring from "../../../support/keyring/GnomeKeyring.ts"
import { item, open, text, value } from "../../../support/keyring/Items.ts"
import type * as SessionBus from "../../../support/keyring/SessionBus.ts"
import { installed } from "../../../support/needs.ts"

const isInstalled = GnomeKeyring.isInstalled() && installed("secret-tool")

const program = (bus: SessionBus.SessionBus) => (command: string, args: ReadonlyArray<string>, input = "") =>
  execFileSync(command, args, { env: { ...process.env, ...bus.environment }, input })

const attributes = ["service", item.service, "username", item.account]

/** In a process of its own, pinned to the Secret Service: that package keeps and holds what it likes. */
const napi = (bus: SessionBus.SessionBus) => (call: string) => {
  const path = createRequire(import.meta.url).resolve("@napi-rs/keyring")
  const script = `const { Entry } = require(${JSON.stringify(path)})
    const entry = new Entry(${JSON.stringify(item.service)}, ${
    JSON.stringify(item.account)
  }, { linux: { store: "secret-service" } })
    process.stdout.write(JSON.stringify(${call} ?? null))`
  return JSON.parse(program(bus)(process.execPath, ["-e", script]).toString()) as unknown
}

const binary = Redacted.make(Uint8Array.of(0, 255, 0xc3, 0x28, 10))

describe.skipIf(!isInstalled)("items of the Secret Service", () => {
  it.scopedLive("are shared with secret-tool", () =>
    Effect.gen(function*() {
      const { bus } = yield* GnomeKeyring.unlocked
      const keychain = yield* open(bus)
      const run = program(bus)
      yield* keychain.set(item, value)
      assert.strictEqual(run("secret-tool", ["lookup", ...attributes]).toString(), "a value")
      run("secret-tool", ["store", "--label=theirs", ...attributes], "their value")
      assert.deepStrictEqual(text(yield* keychain.get(item)), Option.some("their value"))
      yield* keychain.set(item, binary)
      assert.deepStrictEqual([...run("secret-tool", ["lookup", ...attributes])], [...Redacted.value(binary)])
      assert.deepStrictEqual(yield* keychain.list(item.service), [item])
      run("secret-tool", ["clear", ...attributes])
      assert.isTrue(Option.isNone(yield* keychain.get(item)))
    }))

  it.scopedLive("are shared with @napi-rs/keyring", () =>
    Effect.gen(function*() {
      const { bus } = yield* GnomeKeyring.unlocked
      const keychain = yield* open(bus)
      const run = napi(bus)
      yield* keychain.set(item, binary)
      assert.deepStrictEqual(run("entry.getSecret()"), [...Redacted.value(binary)])
      run("entry.setPassword('their value')")
      assert.deepStrictEqual(text(yield* keychain.get(item)), Option.some("their value"))
      assert.isTrue(yield* keychain.remove(item))
      assert.isNull(run("entry.getSecret()"))

      run("entry.setSecret(Uint8Array.of(1, 0, 2))")
      assert.deepStrictEqual(Option.map(yield* keychain.get(item), Redacted.value), Option.some(Uint8Array.of(1, 0, 2)))
      yield* keychain.set(item, value)
      assert.strictEqual(run("entry.getPassword()"), "a value")
      assert.deepStrictEqual(yield* keychain.list(item.service), [item])
      assert.isTrue(run("entry.deletePassword()") === true)
      assert.isFalse(yield* keychain.remove(item))
    }))

  it.scopedLive("of one name are read or changed by nobody while there are two", () =>
    Effect.gen(function*() {
      const { bus } = yield* GnomeKeyring.unlocked
      const keychain = yield* open(bus)
      const run = program(bus)
      run("secret-tool", ["store", "--label=one", ...attributes, "target", "a"], "one")
      assert.deepStrictEqual(text(yield* keychain.get(item)), Option.some("one"))
      run("secret-tool", ["store", "--label=two", ...attributes, "target", "b"], "two")
      for (const call of [keychain.get(item), keychain.set(item, value), keychain.remove(item)]) {
        const failure = yield* Effect.flip(call)
        assert.strictEqual(failure.message, "The keychain has 2 items of that name")
      }
      // One with exactly these attributes is the one meant.
      run("secret-tool", ["store", "--label=three", ...attributes], "three")
      assert.deepStrictEqual(text(yield* keychain.get(item)), Option.some("three"))
    }))
})
