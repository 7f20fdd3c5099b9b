import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Ref, Runtime } from "effect"
import * as Connection from "../../../../src/infrastructure/security/keychain/dbus/Connection.ts"
import type { Message } from "../../../../src/infrastructure/security/keychain/dbus/Message.ts"
import * as DBus from "../../../../src/infrastructure/security/keychain/dbus/SessionBus.ts"
import type { Value } from "../../../../src/infrastructure/security/keychain/dbus/Value.ts"
import { item, open } from "../../../support/keyring/Items.ts"
import * as SessionBus from "../../../support/keyring/SessionBus.ts"
import { installed } from "../../../support/needs.ts"

const collection = "/org/freedesktop/secrets/collection/one"

/** A locked service that is not GNOME Keyring, whose dialog stays open until it is dismissed; counts both. */
const otherService = (address: string) =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime()
    const calls = yield* Ref.make<ReadonlyArray<string>>([])
    const locked: Value = { signature: "b", value: true }
    const answers: Readonly<Record<string, readonly [string, ReadonlyArray<Value>]>> = {
      ReadAlias: ["o", [collection]],
      Get: ["v", [locked]],
      SearchItems: ["aoao", [[], []]],
      Unlock: ["aoo", [[], "/prompt/p1"]],
      Prompt: ["", []],
      Dismiss: ["", []],
      OpenSession: ["vo", [{ signature: "s", value: "" }, "/session/s1"]]
    }
    const serve = (call: Message): Connection.Reply | undefined => {
      const word = call.member === "OpenSession" ? String(call.body[0]) : call.member ?? ""
      Runtime.runSync(runtime)(Ref.update(calls, (before) => [...before, word]))
      if (call.member === "OpenSession" && call.body[0] !== "plain") {
        return { errorName: "org.freedesktop.DBus.Error.NotSupported", signature: "", body: [] }
      }
      const [signature, body] = answers[call.member ?? ""] ?? []
      return signature === undefined || body === undefined ? undefined : { signature, body }
    }
    const connection = yield* DBus.open(address, { serve })
    yield* Connection.callBus(connection, "RequestName", "su", ["org.freedesktop.secrets", 4])
    return (word: string) => Effect.map(Ref.get(calls), (all) => all.filter((each) => each === word).length)
  })

describe.skipIf(!installed("dbus-daemon"))("SecretServiceKeychain and another service", () => {
  it.scopedLive("has the dialog closed when the last waiter leaves, in the clear where there is no other way", () =>
    Effect.gen(function*() {
      const bus = yield* SessionBus.make()
      const count = yield* otherService(bus.address)
      const keychain = yield* open(bus, { interaction: "allowed" })
      const first = yield* Effect.fork(keychain.get(item))
      const second = yield* Effect.fork(keychain.get(item))
      yield* SessionBus.eventually(Effect.map(count("Prompt"), (prompts) => prompts === 1))
      yield* Fiber.interrupt(first)
      assert.deepStrictEqual(yield* keychain.status, { _tag: "Locked", backend: "secret-service", canPrompt: true })
      assert.strictEqual(yield* count("Dismiss"), 0)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(second)))
      assert.strictEqual(yield* count("Dismiss"), 1)

      const failure = yield* Effect.flip(keychain.get(item, { timeout: "500 millis" }))
      assert.strictEqual(failure._tag, "PromptTimeout")
      yield* SessionBus.eventually(Effect.map(count("Dismiss"), (dismissals) => dismissals === 2))
      assert.strictEqual(yield* count("plain"), 1)
    }))
})
