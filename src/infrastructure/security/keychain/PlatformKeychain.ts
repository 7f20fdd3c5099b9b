/**
 * `Keychain` of the platform this runs on: one adapter for each, chosen once and named in its status. There is no
 * second choice: where that one does not work, nothing is stored.
 */
import { Layer } from "effect"
import type { Keychain } from "./Keychain.ts"
import * as NativeKeychain from "./NativeKeychain.ts"
import * as SecretServiceKeychain from "./SecretServiceKeychain.ts"

export type Options = SecretServiceKeychain.Options & NativeKeychain.Options

/** Linux and the BSDs: the Secret Service. macOS, Windows, and what has none: the native one, which says so. */
export const layer = (options: Options = {}): Layer.Layer<Keychain> =>
  Layer.suspend(() => {
    const { platform = process.platform } = options
    return ["linux", "freebsd", "openbsd"].includes(platform)
      ? SecretServiceKeychain.layer(options)
      : NativeKeychain.layer(options)
  })
