/**
 * What a helper's complaint means. The protocol fixes one text; the others are those of the helpers that exist.
 */
import type { KeychainFailure } from "../Keychain.ts"
import * as KeychainFixes from "../KeychainFixes.ts"

const rows: ReadonlyArray<readonly [RegExp, () => KeychainFailure]> = [
  [/-25308|interaction is not allowed/i, () => KeychainFixes.unavailable("NonInteractiveSession")],
  [/autolaunch|could not connect: /i, () => KeychainFixes.unavailable("NoSessionBus")],
  [
    /not provided by any \.service|pass not initialized|"?pass"?: executable file not found/i,
    () => KeychainFixes.unavailable("NoService")
  ],
  [
    /no such (object|secret collection) at path|object does not exist at path/i,
    () => KeychainFixes.unavailable("NoDefaultCollection")
  ],
  [/dismissed|user cancel/i, KeychainFixes.dismissed],
  [/locked|decryption failed|no secret key/i, KeychainFixes.locked],
  [/denied|not permitted/i, KeychainFixes.denied]
]

/** The helper's text itself is not kept: it can hold names. */
export const toKeychain = (output: string, code: number | null): KeychainFailure =>
  rows.find(([pattern]) => pattern.test(output))?.[1]()
    ?? KeychainFixes.backend("helper", code === null ? "Killed" : `Exit ${code}`)

/** The protocol's own text for an item that is not there. */
export const isAbsent = (output: string): boolean => output.trim() === "credentials not found in native keychain"
