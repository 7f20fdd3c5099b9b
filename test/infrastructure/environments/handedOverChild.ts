/**
 * A process that is given the vault's key on a file descriptor: `node handedOverChild.mjs <folder> <descriptor>`. Opens
 * the vaults of two homes below the folder, one after the other, as one process with two clients does, and prints how each
 * ended. A database is open all the while, and printed is whether it still works.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Either, Layer, Logger, Option, Redacted } from "effect"
import { join } from "node:path"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import { FoldersConfig } from "../../../src/infrastructure/config/env/FoldersConfig.ts"
import { ProfileConfig } from "../../../src/infrastructure/config/env/ProfileConfig.ts"
import { VaultConfig } from "../../../src/infrastructure/config/env/VaultConfig.ts"
import * as Vault from "../../../src/infrastructure/environments/Vault.ts"
import * as SqliteLocalDatabase from "../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as SqliteProcessLock from "../../../src/infrastructure/storage/local/SqliteProcessLock.ts"

const [, , folder = "", descriptor = ""] = process.argv

const client = (name: string) => {
  const home = join(folder, name)
  return Vault.layer.pipe(
    Layer.provide([
      Layer.succeed(FoldersConfig, {
        config: join(home, "config"),
        data: join(home, "data"),
        cache: join(home, "cache"),
        state: join(home, "state")
      }),
      Layer.succeed(VaultConfig, {
        unlock: "environment",
        keyFile: Option.none(),
        key: Option.none(),
        keyDescriptor: Option.some(Number(descriptor)),
        keyCommand: Option.none(),
        keychainPrompt: false
      }),
      Layer.succeed(ProfileConfig, { profile: "local" }),
      SqliteProcessLock.layer({ folder: join(folder, "locks") }),
      NodeContext.layer
    ])
  )
}

const print = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const used = (name: string) =>
  Effect.flatMap(SecureStore, (store) => store.set("token", Redacted.make(name))).pipe(
    Effect.provide(client(name)),
    Effect.either,
    Effect.flatMap((result) => print(Either.isRight(result) ? "kept" : result.left._tag))
  )

const program = Effect.gen(function*() {
  const { sql } = yield* SqliteLocalDatabase.make({ filename: join(folder, "data.db"), migrations: [] })
  yield* used("one")
  yield* used("two")
  const works = yield* Effect.option(sql`SELECT 1`)
  yield* print(Option.isSome(works) ? "works" : "broken")
})

NodeRuntime.runMain(Effect.scoped(program).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none))))
