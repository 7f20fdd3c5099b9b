/**
 * What the native module's errors mean. It tells them apart in its text only, which carries the system's own number.
 */
import type { KeychainFailure } from "../Keychain.ts"
import * as KeychainFixes from "../KeychainFixes.ts"

/** How an error's text is read: the first row that matches. */
const rows: ReadonlyArray<readonly [RegExp, (code: string) => KeychainFailure]> = [
  // OSStatus, Security/SecBase.h
  [
    /-25308\b|InteractionNotAllowed|interaction is not allowed/i,
    () => KeychainFixes.unavailable("NonInteractiveSession")
  ],
  [/-25293\b|AuthFailed|passphrase you entered is not correct/i, KeychainFixes.denied],
  [/-25243\b|NoAccessForItem/i, KeychainFixes.denied],
  [/-34018\b|MissingEntitlement|required entitlement/i, KeychainFixes.denied],
  [/-128\b|user canceled/i, KeychainFixes.dismissed],
  [
    /-25307\b|NoDefaultKeychain|default keychain could not be found/i,
    () => KeychainFixes.unavailable("NoDefaultCollection")
  ],
  [/-25291\b|NotAvailable|no keychain is available/i, () => KeychainFixes.unavailable("NoService")],
  // Windows, winerror.h
  [
    /\b1312\b|NO_SUCH_LOGON_SESSION|logon session does not exist/i,
    () => KeychainFixes.unavailable("NonInteractiveSession")
  ],
  [/\b0x80070005\b|ERROR_ACCESS_DENIED|access is denied/i, KeychainFixes.denied],
  [/\b1223\b|ERROR_CANCELLED/i, KeychainFixes.dismissed],
  // The module's own
  [/ambiguous|more than one .*credential|matched by \d+ entries/i, () => KeychainFixes.ambiguous(2)],
  [/encoding|not UTF-8/i, KeychainFixes.corrupt]
]

/** The number of an error, and no other word of it: its text can hold names. */
const codeOf = (text: string) => /-?\b(0x[\da-f]{4,8}|\d{3,10})\b/i.exec(text)?.[0] ?? "Unknown"

export const toKeychain = (backend: string, text: string): KeychainFailure =>
  rows.find(([pattern]) => pattern.test(text))?.[1](text) ?? KeychainFixes.backend(backend, codeOf(text))

/** Errors that mean absence: errSecItemNotFound, ERROR_NOT_FOUND. */
export const isAbsent = (text: string): boolean =>
  /-25300\b|\b1168\b|no matching entry|no entry found|could not be found in the keychain|element not found/i.test(text)
