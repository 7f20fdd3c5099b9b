/**
 * Takes the place of the dialog that GNOME Keyring shows, over the same protocol and the same encrypted exchange.
 */
import { Effect, Ref, Runtime } from "effect"
import { createCipheriv, createDiffieHellmanGroup, hkdfSync, randomBytes } from "node:crypto"
import * as Connection from "../../../src/infrastructure/security/keychain/dbus/Connection.ts"
import type { Message } from "../../../src/infrastructure/security/keychain/dbus/Message.ts"
import * as DBus from "../../../src/infrastructure/security/keychain/dbus/SessionBus.ts"

/** A password; closing the dialog; or nothing at all. One per time that the dialog asks, the last for all further. */
export type Reaction = { readonly type: string } | "cancel" | "ignore"

const keyFile = (fields: Readonly<Record<string, string>>) =>
  `[sx-aes-1]\n${Object.entries(fields).map(([key, value]) => `${key}=${value}\n`).join("")}`

/** One party of `sx-aes-1`: keys of RFC 3526's 1536-bit group, AES-128-CBC. */
const exchange = () => {
  const keys = createDiffieHellmanGroup("modp5")
  const mine = keys.generateKeys("base64")
  return {
    begin: keyFile({ public: mine }),
    send: (theirs: string, secret: string) => {
      const peer = /^public=(.*)$/m.exec(theirs)?.[1] ?? ""
      const shared = keys.computeSecret(Buffer.from(peer, "base64"))
      const key = new Uint8Array(hkdfSync("sha256", shared, new Uint8Array(0), new Uint8Array(0), 16))
      const iv = randomBytes(16)
      const cipher = createCipheriv("aes-128-cbc", key, iv)
      const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()])
      return keyFile({ public: mine, secret: sealed.toString("base64"), iv: iv.toString("base64") })
    }
  }
}

/** Owns the dialog's name on the bus until the scope closes. */
export const make = (address: string, reactions: ReadonlyArray<Reaction | Effect.Effect<Reaction>>) =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime()
    const opened = yield* Ref.make(0)
    const asked = yield* Ref.make(0)
    const closed = yield* Ref.make(0)
    const secrets = exchange()

    const callback = (to: Message, member: string, signature: string, body: Connection.MethodCall["body"] = []) =>
      Effect.suspend(() =>
        connection.call({
          destination: to.sender ?? "",
          path: String(to.body[0]),
          interface: "org.gnome.keyring.internal.Prompter.Callback",
          member,
          signature,
          body
        })
      ).pipe(
        Effect.ignore
      )

    const ready = (to: Message, reply: string, text: string) =>
      callback(to, "PromptReady", "sa{sv}s", [reply, new Map(), text])

    const react = (call: Message) =>
      Effect.gen(function*() {
        const turn = yield* Ref.getAndUpdate(asked, (count) => count + 1)
        const next = reactions[Math.min(turn, reactions.length - 1)] ?? "ignore"
        const reaction = Effect.isEffect(next) ? yield* next : next
        if (reaction === "ignore") return
        if (reaction === "cancel") return yield* ready(call, "no", secrets.begin)
        yield* ready(call, "yes", secrets.send(String(call.body[3]), reaction.type))
      })

    const effects: Readonly<Record<string, (call: Message) => Effect.Effect<void>>> = {
      BeginPrompting: (call) =>
        Effect.zipRight(Ref.update(opened, (count) => count + 1), ready(call, "", secrets.begin)),
      PerformPrompt: react,
      StopPrompting: (call) =>
        Effect.zipRight(Ref.update(closed, (count) => count + 1), callback(call, "PromptDone", ""))
    }

    const serve = (call: Message) => {
      const effect = effects[call.member ?? ""]
      if (effect === undefined) return undefined
      // The dialog is asked for first, and answers then.
      Runtime.runFork(runtime)(Effect.zipRight(Effect.yieldNow(), effect(call)))
      return { signature: "", body: [] }
    }

    const connection: Connection.Connection = yield* DBus.open(address, { serve })
    yield* Connection.callBus(connection, "RequestName", "su", ["org.gnome.keyring.SystemPrompter", 4])
    return {
      /** Dialogs opened. */
      opened: Ref.get(opened),
      /** Times that a dialog asked for the password. */
      asked: Ref.get(asked),
      /** Dialogs closed by whom they were opened for. */
      closed: Ref.get(closed)
    }
  })
