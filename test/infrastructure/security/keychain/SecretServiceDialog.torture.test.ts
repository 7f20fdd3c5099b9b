import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { execFileSync } from "node:child_process"
import * as GnomeKeyring from "../../../support/keyring/GnomeKeyring.ts"
import { item, open, session, text, value } from "../../../support/keyring/Items.ts"
import * as SessionBus from "../../../support/keyring/SessionBus.ts"
import { installed } from "../../../support/needs.ts"

const isInstalled = GnomeKeyring.isInstalled() && installed("Xvfb", "xdotool")

const prompter = "org.gnome.keyring.SystemPrompter"

/** A screen of its own, with the dialog that GNOME shows, for a locked keyring. */
const desktop = (display: string) =>
  Effect.gen(function*() {
    yield* SessionBus.program("Xvfb", [display, "-screen", "0", "800x600x24", "-nolisten", "tcp"], {})
    const environment = { DISPLAY: display, PATH: process.env["PATH"] ?? "" }
    const x = (...args: ReadonlyArray<string>) =>
      Effect.try(() => execFileSync("xdotool", args, { env: environment, encoding: "utf8", stdio: "pipe" }))
    const isUp = Effect.map(Effect.either(x("getmouselocation")), ({ _tag }) => _tag === "Right")
    yield* SessionBus.eventually(isUp)
    const bus = yield* SessionBus.make({ [prompter]: `/usr/bin/env DISPLAY=${display} /usr/libexec/gcr-prompter` })
    const daemon = yield* GnomeKeyring.start(bus, "unlocked")
    yield* Effect.scoped(Effect.flatMap(open(bus), (keychain) => keychain.set(item, value)))
    yield* GnomeKeyring.kill(bus, daemon)
    yield* GnomeKeyring.start(bus, "locked")
    const shown = SessionBus.eventually(
      Effect.map(Effect.either(x("search", "--onlyvisible", "--class", "prompter")), ({ _tag }) => _tag === "Right")
    )
    return { bus, x, shown }
  })

describe.skipIf(!isInstalled)("the dialog that GNOME Keyring shows", () => {
  it.scopedLive("unlocks with the password that a person types", () =>
    Effect.gen(function*() {
      const { bus, shown, x } = yield* desktop(":177")
      const keychain = yield* open(bus, { session: session(bus), interaction: "allowed" })
      const waiting = yield* Effect.fork(keychain.get(item))
      yield* shown
      // No window manager gives it the keyboard: a person clicks first.
      yield* Effect.forkScoped(
        Effect.forever(
          x("mousemove", "350", "85", "click", "1", "key", "ctrl+a", "type", "--delay", "60", GnomeKeyring.password)
            .pipe(
              Effect.zipRight(x("key", "Return")),
              Effect.ignore,
              Effect.zipRight(Effect.sleep("1 second"))
            )
        )
      )
      assert.deepStrictEqual(text(yield* waiting), Option.some("a value"))
    }))

  it.scopedLive("is dismissed with the escape key", () =>
    Effect.gen(function*() {
      const { bus, shown, x } = yield* desktop(":178")
      const keychain = yield* open(bus, { session: session(bus), interaction: "allowed" })
      const waiting = yield* Effect.fork(Effect.flip(keychain.get(item)))
      yield* shown
      yield* Effect.forkScoped(
        Effect.forever(Effect.zipRight(Effect.ignore(x("key", "Escape")), Effect.sleep("200 millis")))
      )
      assert.strictEqual((yield* waiting)._tag, "PromptDismissed")
    }))
})
