/**
 * A vault in a temporary folder, its parts in reach.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { join } from "node:path"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import type { ProcessLock } from "../../../../src/infrastructure/storage/local/ProcessLock.ts"
import * as KeyFile from "../../../../src/infrastructure/storage/secure/KeyFile.ts"
import type { VaultKey } from "../../../../src/infrastructure/storage/secure/VaultKey.ts"
import * as VaultSecureStore from "../../../../src/infrastructure/storage/secure/VaultSecureStore.ts"

type Store = typeof SecureStore.Service
type Files = FileSystem.FileSystem | Path.Path
type Needs = VaultKey | ProcessLock | Files

export interface VaultFixture {
  readonly vaultFile: string
  readonly keyFile: string
  /** A further store over the same file, as another process has it. */
  readonly open: (options?: {
    readonly key?: Layer.Layer<VaultKey, never, Files>
    readonly fileSystem?: (fileSystem: FileSystem.FileSystem) => FileSystem.FileSystem
  }) => Effect.Effect<Store>
}

/** All stores of one fixture share one lock. */
export const make: Effect.Effect<VaultFixture, never, Scope.Scope> = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "vault-" }))
  const vaultFile = join(folder, "data", "secrets.vault")
  const keyFile = join(folder, "config", "secrets.key")
  const locks = yield* Layer.build(MemoryProcessLock.layer)

  return {
    vaultFile,
    keyFile,
    open: (
      { fileSystem = (real: FileSystem.FileSystem) => real, key = KeyFile.layerLoadOrCreate({ file: keyFile }) } = {}
    ) => {
      const files = Layer.merge(NodeContext.layer, Layer.succeed(FileSystem.FileSystem, fileSystem(fs)))
      const needs: Layer.Layer<Needs> = Layer.mergeAll(key, Layer.succeedContext(locks)).pipe(Layer.provideMerge(files))
      return VaultSecureStore.make({ file: vaultFile }).pipe(Effect.provide(needs))
    }
  }
}).pipe(Effect.provide(NodeContext.layer))

/** A new, empty vault. */
export const layer: Layer.Layer<SecureStore> = Layer.scoped(SecureStore, Effect.flatMap(make, ({ open }) => open()))
