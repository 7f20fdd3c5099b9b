/**
 * The vault of a client, unlocked as it is configured.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Layer, Option } from "effect"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import { VaultConfig } from "../config/env/VaultConfig.ts"
import * as VaultUnlock from "../config/env/VaultUnlock.ts"
import type { ItemRef, Keychain } from "../security/keychain/Keychain.ts"
import * as PlatformKeychain from "../security/keychain/PlatformKeychain.ts"
import * as CommandVaultKey from "../storage/secure/CommandVaultKey.ts"
import * as EnvironmentVaultKey from "../storage/secure/EnvironmentVaultKey.ts"
import * as KeychainVaultKey from "../storage/secure/KeychainVaultKey.ts"
import * as KeyFile from "../storage/secure/KeyFile.ts"
import * as OpenVault from "../storage/secure/OpenVault.ts"
import * as VaultIdentity from "../storage/secure/VaultIdentity.ts"
import * as VaultKey from "../storage/secure/VaultKey.ts"
import * as VaultMaintenance from "../storage/secure/VaultMaintenance.ts"
import * as VaultSecureStore from "../storage/secure/VaultSecureStore.ts"
import { vaultFile, vaultKeyFile } from "./DataFiles.ts"

type Source = Effect.Effect<VaultKey.VaultKey, never, Keychain | FileSystem.FileSystem | Path.Path>

/** Items can be listed while the keychain is locked, so this one does not show the path, which may tell a person's name. */
const itemOf = (vault: string): ItemRef => ({ service: "effect-strata", account: `vault ${vault}` })

/** `vault` tells apart the vaults that share one keychain or one key file. */
const sources = (unlock: VaultUnlock.VaultUnlock, folders: typeof FoldersConfig.Service, vault: string) => {
  const keychain = KeychainVaultKey.make({ item: itemOf(vault) })
  const keyFile = Option.match({
    onSome: (file: string): Source => KeyFile.makeLoad({ file, vault }),
    onNone: () => KeyFile.makeLoadOrCreate({ file: vaultKeyFile(folders), vault })
  })
  switch (unlock._tag) {
    case "Auto":
      return [keychain, keyFile(unlock.keyFile)]
    case "Keychain":
      return [keychain]
    case "KeyFile":
      return [keyFile(unlock.file)]
    case "Value":
    case "Descriptor":
      return [EnvironmentVaultKey.make({ from: unlock })]
    case "Command":
      return [Effect.succeed(CommandVaultKey.make(unlock))]
    case "Passphrase":
      return []
  }
}

const keys = Layer.unwrapEffect(Effect.gen(function*() {
  const unlock = yield* VaultUnlock.vaultUnlock
  const { keychainPrompt } = yield* VaultConfig
  const folders = yield* FoldersConfig
  const { digest } = yield* VaultIdentity.of(vaultFile(folders))
  return VaultKey.layer<never, Keychain | FileSystem.FileSystem | Path.Path>(sources(unlock, folders, digest)).pipe(
    Layer.provide(PlatformKeychain.layer({ interaction: keychainPrompt ? "allowed" : "never" }))
  )
}))

/** The secret store and its maintenance over one open vault, which is opened at the first use. */
export const layer = Layer.merge(VaultSecureStore.layer, VaultMaintenance.layer()).pipe(
  Layer.provide(Layer.unwrapEffect(Effect.map(
    FoldersConfig,
    (folders) => OpenVault.layer({ file: vaultFile(folders) })
  ))),
  Layer.provide(keys)
)
