/**
 * What unlocks the vault.
 */
import { Context } from "effect"
import type { Option, Redacted } from "effect"
import { AbsolutePath, CommandLine, FileDescriptor, oneOf, SecretBytes32, Switch } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

const choices = ["auto", "keychain", "key-file", "environment", "command", "passphrase"] as const

export class VaultConfig extends Context.Tag("effect-strata/infrastructure/config/env/VaultConfig")<
  VaultConfig,
  {
    readonly unlock: typeof choices[number]
    readonly keyFile: Option.Option<string>

    /** 32 bytes as base64 or hexadecimal text. */
    readonly key: Option.Option<Redacted.Redacted>
    readonly keyDescriptor: Option.Option<number>

    /** The program and its arguments. */
    readonly keyCommand: Option.Option<readonly [string, ...ReadonlyArray<string>]>

    /** Whether the person may be asked to unlock the keychain. */
    readonly keychainPrompt: boolean
  }
>() {}

export const slice: Slice.Slice<VaultConfig> = Slice.make({
  title: "Vault",
  tag: VaultConfig,
  settings: {
    unlock: {
      key: "STRATA_VAULT_UNLOCK",
      schema: oneOf(choices),
      doc:
        "What unlocks the vault: the operating system's keychain, a key file, a key in the environment, a command that prints the key, or a passphrase that is asked for. `auto` is the keychain where there is one, else a key file, and not for staging and production.",
      example: "keychain",
      defaults: { "*": "auto" },
      requiredIn: ["staging", "production"]
    },
    keyFile: {
      key: "STRATA_VAULT_KEY_FILE",
      schema: AbsolutePath,
      doc:
        "The file that holds the key of the vault, for `key-file`. With `auto`, or in `local`, one is made in the configuration folder when this is unset.",
      example: "/run/secrets/strata-vault-key"
    },
    key: {
      key: "STRATA_VAULT_KEY",
      schema: SecretBytes32,
      doc: "The key of the vault itself, for `environment`, such as `openssl rand -base64 32` makes.",
      example: "wgaBXhqNYKhqnDXp1gqj2W0qp2bGqzUBHVB0TBRdrmI=",
      secret: true,
      fromFile: false
    },
    keyDescriptor: {
      key: "STRATA_VAULT_KEY_FD",
      schema: FileDescriptor,
      doc: "The number of an inherited file descriptor to read the key of the vault from, for `environment`.",
      example: "3"
    },
    keyCommand: {
      key: "STRATA_VAULT_KEY_COMMAND",
      schema: CommandLine,
      doc:
        "A program that prints the key of the vault, with its arguments, for `command`. No shell reads it, and no secret belongs in it.",
      example: "pass show strata/vault-key"
    },
    keychainPrompt: {
      key: "STRATA_KEYCHAIN_PROMPT",
      schema: Switch,
      doc: "Whether the person may be asked to unlock the keychain.",
      example: "false",
      defaults: { "*": "true" }
    }
  },
  make: (values) => values
})
