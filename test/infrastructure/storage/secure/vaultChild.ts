/**
 * A process that shares a vault: `node vaultChild.mjs <folder> increment <times>` or `<folder> count`, which counts
 * for ever and prints each number once it is durable.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Logger, Option, Redacted } from "effect"
import { writeSync } from "node:fs"
import { join } from "node:path"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import * as KeyFile from "../../../../src/infrastructure/storage/secure/KeyFile.ts"
import * as VaultSecureStore from "../../../../src/infrastructure/storage/secure/VaultSecureStore.ts"

const [, , folder = "", mode, times] = process.argv

export const layer = (root: string) =>
  VaultSecureStore.layer({ file: join(root, "data", "vault") }).pipe(
    Layer.provide([
      KeyFile.layerLoadOrCreate({ file: join(root, "config", "key") }),
      SqliteProcessLock.layer({ folder: join(root, "locks") })
    ]),
    Layer.provide(NodeContext.layer)
  )

const increment = Effect.flatMap(SecureStore, (store) =>
  store.modify("count", (current) => {
    const next = Number(Option.match(current, { onNone: () => "0", onSome: Redacted.value })) + 1
    return Effect.succeed([next, Option.some(Redacted.make(String(next)))] as const)
  }))

const program = mode === "increment"
  ? Effect.repeatN(increment, Number(times) - 1)
  : Effect.forever(Effect.tap(increment, (count) => Effect.sync(() => writeSync(1, `${count}\n`))))

// Standard output holds acknowledgements only.
const logs = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))

if (mode !== undefined) {
  NodeRuntime.runMain(Effect.provide(program, Layer.merge(layer(folder), logs)), { disablePrettyLogger: true })
}
