/**
 * A vault in a temporary folder, its parts in reach.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Context, Effect, Layer } from "effect"
import type { Scope } from "effect"
import { join } from "node:path"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as KeyFile from "../../../../src/infrastructure/storage/secure/KeyFile.ts"
import * as OpenVault from "../../../../src/infrastructure/storage/secure/OpenVault.ts"
import type { VaultKeys } from "../../../../src/infrastructure/storage/secure/VaultKey.ts"
import * as VaultSecureStore from "../../../../src/infrastructure/storage/secure/VaultSecureStore.ts"

type Store = typeof SecureStore.Service
type Files = FileSystem.FileSystem | Path.Path

export interface Options {
  readonly key?: Layer.Layer<VaultKeys, never, Files>
  readonly fileSystem?: (fileSystem: FileSystem.FileSystem) => FileSystem.FileSystem
}

export interface VaultFixture {
  readonly vaultFile: string
  readonly keyFile: string
  /** A further store over the same file, as another process has it. */
  readonly open: (options?: Options) => Effect.Effect<Store, never, Scope.Scope>
  /** The same, with the vault behind it. */
  readonly openVault: (
    options?: Options
  ) => Effect.Effect<{ readonly vault: typeof OpenVault.OpenVault.Service; readonly store: Store }, never, Scope.Scope>
}

/** All stores of one fixture share one lock. */
export const make: Effect.Effect<VaultFixture, never, Scope.Scope> = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "vault-" }))
  const vaultFile = join(folder, "data", "secrets.vault")
  const keyFile = join(folder, "config", "secrets.key")
  const locks = yield* Layer.build(MemoryProcessLock.layer)

  const openVault = (
    { fileSystem = (real) => real, key = KeyFile.layerLoadOrCreate({ file: keyFile }) }: Options = {}
  ) => {
    const files = Layer.merge(NodeContext.layer, Layer.succeed(FileSystem.FileSystem, fileSystem(fs)))
    const needs = Layer.mergeAll(key, Layer.succeedContext(locks)).pipe(Layer.provideMerge(files))
    return VaultSecureStore.layer.pipe(
      Layer.provideMerge(OpenVault.layer({ file: vaultFile })),
      Layer.provide(needs),
      Layer.build,
      Effect.map((context) => ({
        vault: Context.get(context, OpenVault.OpenVault),
        store: Context.get(context, SecureStore)
      }))
    )
  }

  return {
    vaultFile,
    keyFile,
    openVault,
    open: (options?: Options) => Effect.map(openVault(options), ({ store }) => store)
  }
}).pipe(Effect.provide(NodeContext.layer))

/** A new, empty vault. */
export const layer: Layer.Layer<SecureStore> = Layer.scoped(SecureStore, Effect.flatMap(make, ({ open }) => open()))
