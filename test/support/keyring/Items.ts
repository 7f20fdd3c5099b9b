import { Effect, Option, Redacted } from "effect"
import * as SecretServiceKeychain from "../../../src/infrastructure/security/keychain/SecretServiceKeychain.ts"
import * as GnomeKeyring from "./GnomeKeyring.ts"
import type { SessionBus } from "./SessionBus.ts"

export const item = { service: "strata-test", account: "root key" }

export const value = Redacted.make(new TextEncoder().encode("a value"))

export const text = Option.map((bytes: Redacted.Redacted<Uint8Array>) =>
  new TextDecoder().decode(Redacted.value(bytes))
)

export const session = ({ address }: SessionBus, interactive = true) => ({ busAddress: address, interactive })

/** Patience enough for a busy machine. */
export const open = (bus: SessionBus, options: SecretServiceKeychain.Options = {}) =>
  SecretServiceKeychain.make({ session: session(bus), timeout: "30 seconds", promptTimeout: "30 seconds", ...options })

/** A keyring that holds the item and is closed. */
export const locked = Effect.gen(function*() {
  const { bus, daemon } = yield* GnomeKeyring.unlocked
  yield* Effect.scoped(Effect.flatMap(open(bus), (keychain) => keychain.set(item, value)))
  yield* GnomeKeyring.kill(bus, daemon)
  return { bus, daemon: yield* GnomeKeyring.start(bus, "locked") }
})
