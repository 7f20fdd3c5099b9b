/**
 * What unlocks the vault when there is no keychain.
 */
import { Context } from "effect"
import type { Option } from "effect"
import { AbsolutePath } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

export class VaultConfig extends Context.Tag("effect-strata/infrastructure/config/env/VaultConfig")<
  VaultConfig,
  { readonly keyFile: Option.Option<string> }
>() {}

export const slice: Slice.Slice<VaultConfig> = Slice.make({
  title: "Vault",
  tag: VaultConfig,
  settings: {
    keyFile: {
      key: "STRATA_VAULT_KEY_FILE",
      schema: AbsolutePath,
      doc: "The file that holds the key of the vault. In `local` one is made in the configuration folder.",
      example: "/run/secrets/strata-vault-key",
      requiredIn: ["staging", "production"]
    }
  },
  make: (values) => values
})
