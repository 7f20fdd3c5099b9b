/**
 * What unlocks the vault, as the Layers need it.
 */
import { Effect, Option } from "effect"
import type { Redacted } from "effect"
import { InvalidSettings, SettingIssue } from "../../../domain/operations/Setting.ts"
import { ProfileConfig, required } from "./ProfileConfig.ts"
import { VaultConfig } from "./VaultConfig.ts"

/** A choice, complete with what it takes. No `file`: the one in the configuration folder. */
export type VaultUnlock =
  | { readonly _tag: "Auto"; readonly keyFile: Option.Option<string> }
  | { readonly _tag: "Keychain" }
  | { readonly _tag: "KeyFile"; readonly file: Option.Option<string> }
  | { readonly _tag: "Value"; readonly value: Redacted.Redacted }
  | { readonly _tag: "Descriptor"; readonly descriptor: number }
  | { readonly _tag: "Command"; readonly command: readonly [string, ...ReadonlyArray<string>] }
  | { readonly _tag: "Passphrase" }

const unattended: ReadonlySet<string> = new Set(["staging", "production"])

const refused = (key: string, problem: string, fix: string) =>
  Effect.flatMap(ProfileConfig, ({ profile }) =>
    new InvalidSettings({
      profile,
      issues: [new SettingIssue({ key, problem, origin: `profile ${profile}`, fix })]
    }))

/** Fails where a setting that the choice needs is missing, or the choice is not one for the profile. */
export const vaultUnlock: Effect.Effect<VaultUnlock, InvalidSettings, VaultConfig | ProfileConfig> = Effect.gen(
  function*() {
    const { key, keyCommand, keyDescriptor, keyFile, unlock } = yield* VaultConfig
    const { profile } = yield* ProfileConfig
    switch (unlock) {
      case "auto":
        return unattended.has(profile)
          ? yield* refused("STRATA_VAULT_UNLOCK", "cannot be auto here", "name the one place that keeps the key")
          : { _tag: "Auto", keyFile }
      case "keychain":
        return { _tag: "Keychain" }
      case "key-file":
        return {
          _tag: "KeyFile",
          file: profile === "local" ? keyFile : Option.some(yield* required("STRATA_VAULT_KEY_FILE", keyFile))
        }
      case "environment":
        if (Option.isNone(keyDescriptor)) return { _tag: "Value", value: yield* required("STRATA_VAULT_KEY", key) }
        return Option.isSome(key)
          ? yield* refused("STRATA_VAULT_KEY_FD", "is set together with STRATA_VAULT_KEY", "unset one of the two")
          : { _tag: "Descriptor", descriptor: keyDescriptor.value }
      case "command":
        return { _tag: "Command", command: yield* required("STRATA_VAULT_KEY_COMMAND", keyCommand) }
      case "passphrase":
        return { _tag: "Passphrase" }
    }
  }
)
