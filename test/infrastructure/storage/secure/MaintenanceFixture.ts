/**
 * A vault in a temporary folder and who looks after it, as one or several processes have them.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Context, Effect, Layer } from "effect"
import { join } from "node:path"
import { Maintenance } from "../../../../src/domain/operations/Maintenance.ts"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as Keychain from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import * as MemoryKeychain from "../../../../src/infrastructure/security/keychain/MemoryKeychain.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as KeychainVaultKey from "../../../../src/infrastructure/storage/secure/KeychainVaultKey.ts"
import * as KeyFile from "../../../../src/infrastructure/storage/secure/KeyFile.ts"
import * as OpenVault from "../../../../src/infrastructure/storage/secure/OpenVault.ts"
import type { Cost } from "../../../../src/infrastructure/storage/secure/PassphraseKey.ts"
import * as VaultKey from "../../../../src/infrastructure/storage/secure/VaultKey.ts"
import * as VaultMaintenance from "../../../../src/infrastructure/storage/secure/VaultMaintenance.ts"
import * as VaultSecureStore from "../../../../src/infrastructure/storage/secure/VaultSecureStore.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

/** Trying one takes a millisecond. */
export const cheap: Cost = { _tag: "scrypt", ln: 4, r: 8, p: 1 }

export const item = { service: "strata-test", account: "vault" }

export const make = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const file = join(folder, "vault")
  const keyFile = join(folder, "config", "key")
  const keychain = MemoryKeychain.make()
  const locks = yield* Layer.build(MemoryProcessLock.layer)

  const inKeychain = KeychainVaultKey.make({ item, volatile: true }).pipe(
    Effect.provideService(Keychain.Keychain, keychain)
  )
  const inFile = Effect.provide(KeyFile.makeLoadOrCreate({ file: keyFile }), NodeContext.layer)

  return {
    folder,
    file,
    keyFile,
    keychain,
    inKeychain,
    inFile,
    /** As a process with these key sources has it: the keychain alone when none are given. */
    open: (
      sources: ReadonlyArray<Effect.Effect<VaultKey.VaultKey>> = [inKeychain],
      { passphraseCost = cheap }: { readonly passphraseCost?: Cost } = {}
    ) =>
      Layer.mergeAll(VaultSecureStore.layer, VaultMaintenance.layer({ passphraseCost, exportWorkFactor: 4 })).pipe(
        Layer.provideMerge(OpenVault.layer({ file })),
        Layer.provide(VaultKey.layer(sources)),
        Layer.provide([Layer.succeedContext(locks), NodeContext.layer]),
        Layer.build,
        Effect.map((context) => ({
          maintenance: Context.get(context, Maintenance),
          store: Context.get(context, SecureStore),
          vault: Context.get(context, OpenVault.OpenVault)
        }))
      )
  }
})

/** A vault that does not exist yet. */
export const layer: Layer.Layer<Maintenance | SecureStore> = Layer.scopedContext(
  Effect.gen(function*() {
    const { maintenance, store } = yield* (yield* make).open()
    return Context.make(Maintenance, maintenance).pipe(Context.add(SecureStore, store))
  })
)
