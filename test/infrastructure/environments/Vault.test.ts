import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import { FoldersConfig } from "../../../src/infrastructure/config/env/FoldersConfig.ts"
import { ProfileConfig } from "../../../src/infrastructure/config/env/ProfileConfig.ts"
import { VaultConfig } from "../../../src/infrastructure/config/env/VaultConfig.ts"
import * as Vault from "../../../src/infrastructure/environments/Vault.ts"
import * as MemoryProcessLock from "../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import { temporaryFolder } from "../../support/temporaryFolder.ts"

const unlocking: typeof VaultConfig.Service = {
  unlock: "key-file",
  keyFile: Option.none(),
  key: Option.none(),
  keyDescriptor: Option.none(),
  keyCommand: Option.none(),
  keychainPrompt: false
}

/** The secret store of a client that has its folders in `home`, for as long as `use` runs. */
const inHome = <A, E>(
  home: string,
  config: Partial<typeof VaultConfig.Service>,
  use: (store: typeof SecureStore.Service) => Effect.Effect<A, E>
) =>
  Effect.scoped(
    Vault.layer.pipe(
      Layer.provide([
        Layer.succeed(FoldersConfig, {
          config: join(home, "config"),
          data: join(home, "data"),
          cache: join(home, "cache"),
          state: join(home, "state")
        }),
        Layer.succeed(VaultConfig, { ...unlocking, ...config }),
        Layer.succeed(ProfileConfig, { profile: "local" }),
        MemoryProcessLock.layer,
        NodeContext.layer
      ]),
      Layer.build,
      Effect.flatMap((context) => use(Context.get(context, SecureStore)))
    )
  )

const token = (store: typeof SecureStore.Service) =>
  Effect.map(store.get("token"), (found) => Option.getOrUndefined(Option.map(found, Redacted.value)))

const write = (text: string) => (store: typeof SecureStore.Service) => store.set("token", Redacted.make(text))

describe("the vault of a client", () => {
  it.scoped("two of different homes that share a key file do not take each other for older copies", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const keyFile = join(folder, "keys", "shared")
      mkdirSync(dirname(keyFile))
      writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 })
      const shared = { keyFile: Option.some(keyFile) }
      const [one, two] = [join(folder, "one"), join(folder, "two")]
      yield* inHome(one, shared, write("first"))
      for (const text of ["1", "2", "3"]) yield* inHome(two, shared, write(text))
      assert.strictEqual(yield* inHome(one, shared, token), "first")
      yield* inHome(one, shared, write("second"))
      assert.strictEqual(yield* inHome(two, shared, token), "3")
      assert.strictEqual(yield* inHome(one, shared, token), "second")
    }))
  it.scoped("keeps one generation, whatever symbolic link leads to its home", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const [home, link] = [join(folder, "home"), join(folder, "link")]
      mkdirSync(home, { mode: 0o700 })
      symlinkSync(home, link)
      yield* inHome(home, {}, write("first"))
      yield* inHome(link, {}, write("second"))
      assert.strictEqual(yield* inHome(home, {}, token), "second")
      const kept = readdirSync(join(home, "config")).filter((name) => name.endsWith(".generation"))
      assert.strictEqual(kept.length, 1)
    }))
})
