/**
 * What the port says for each failure of the bus and of the service behind it.
 */
import { DBusError } from "../dbus/DBusFailure.ts"
import type { DBusFailure } from "../dbus/DBusFailure.ts"
import type { KeychainFailure } from "../Keychain.ts"
import * as KeychainFixes from "../KeychainFixes.ts"
import { backend } from "./Names.ts"

const errors: Readonly<Record<string, () => KeychainFailure>> = {
  "org.freedesktop.DBus.Error.ServiceUnknown": () => KeychainFixes.unavailable("NoService"),
  "org.freedesktop.DBus.Error.NameHasNoOwner": () => KeychainFixes.unavailable("NoService"),
  "org.freedesktop.DBus.Error.AccessDenied": KeychainFixes.denied,
  "org.freedesktop.DBus.Error.AuthFailed": KeychainFixes.denied,
  "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired": KeychainFixes.denied,
  "org.freedesktop.Secret.Error.IsLocked": KeychainFixes.locked
}

/** The bus knows how to start the service and could not. */
const notStarted = /^org\.(freedesktop\.DBus\.Error\.Spawn\.|freedesktop\.systemd1\.)/

/** Error names have a grammar; anything longer is no name. */
const bounded = (name: string) => (name.length <= 255 && /^[\w.]+$/.test(name) ? name : "UnnamedError")

export const toKeychain = (failure: DBusFailure): KeychainFailure => {
  switch (failure._tag) {
    case "DBusUnreachable":
      return KeychainFixes.unavailable("NoSessionBus")
    case "DBusDisconnected":
      return KeychainFixes.backend(backend, `Disconnected: ${failure.code}`)
    case "DBusMalformed":
      return KeychainFixes.backend(backend, `Malformed ${failure.what}`)
    case "DBusOverloaded":
      return KeychainFixes.backend(backend, `Too many ${failure.what} waiting`)
    case "DBusError": {
      if (notStarted.test(failure.name)) return KeychainFixes.unavailable("NoService")
      return errors[failure.name]?.() ?? KeychainFixes.backend(backend, bounded(failure.name))
    }
  }
}

const unheard: ReadonlySet<string> = new Set([
  "org.freedesktop.DBus.Error.ServiceUnknown",
  "org.freedesktop.DBus.Error.NameHasNoOwner",
  "org.freedesktop.Secret.Error.NoSession"
])

/** The service that the session was with is gone and did nothing: a new session may ask again. */
export const isStale = (failure: unknown): failure is DBusError =>
  failure instanceof DBusError && unheard.has(failure.name)

const missing: ReadonlySet<string> = new Set([
  "org.freedesktop.Secret.Error.NoSuchObject",
  "org.freedesktop.DBus.Error.UnknownObject"
])

/** The item was found and then removed by somebody else. */
export const isGone = (failure: unknown): failure is DBusError =>
  failure instanceof DBusError && missing.has(failure.name)
