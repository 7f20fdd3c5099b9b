/**
 * The failures of the port with what a person can do about them.
 */
import {
  AccessDenied,
  AmbiguousItem,
  ItemCorrupt,
  KeychainBackendError,
  KeychainLocked,
  KeychainUnavailable,
  PromptDismissed,
  PromptTimeout
} from "./Keychain.ts"
import type { UnavailableReason } from "./Keychain.ts"

const anotherSlot = "unlock the vault in another way: a passphrase, a key file or a recovery code"

const unavailableFixes: Readonly<Record<UnavailableReason, ReadonlyArray<string>>> = {
  NoSessionBus: ["log in to a desktop session, or start the program with `dbus-run-session`", anotherSlot],
  NoService: ["install and start a Secret Service, such as gnome-keyring or KeePassXC", anotherSlot],
  NoDefaultCollection: ["create a default keyring, in Seahorse or by logging in to the desktop once", anotherSlot],
  NonInteractiveSession: ["unlock the keychain in a graphical session first", anotherSlot],
  NativeModuleMissing: ["install the optional package `@napi-rs/keyring`", anotherSlot],
  UnsupportedPlatform: ["choose the keychain of this platform", anotherSlot],
  DisabledByPolicy: ["allow the keychain in the settings", anotherSlot]
}

export const unavailable = (reason: UnavailableReason) =>
  new KeychainUnavailable({ reason, fixes: [...unavailableFixes[reason]] })

export const locked = () =>
  new KeychainLocked({
    fixes: ["unlock the keychain, or allow this program to ask for it", anotherSlot]
  })

export const dismissed = () =>
  new PromptDismissed({
    fixes: ["try again in half a minute and unlock the keychain when asked", anotherSlot]
  })

export const timedOut = () => new PromptTimeout({ fixes: ["unlock the keychain first, then try again", anotherSlot] })

export const denied = () =>
  new AccessDenied({ fixes: ["allow this program in the keychain's own settings", anotherSlot] })

export const corrupt = () =>
  new ItemCorrupt({ fixes: ["look at the item with the keychain's own program", anotherSlot] })

export const ambiguous = (matches: number) =>
  new AmbiguousItem({ matches, fixes: ["remove the surplus items with the keychain's own program"] })

export const backend = (name: string, code: string) =>
  new KeychainBackendError({ backend: name, code, fixes: ["try again", anotherSlot] })
