/**
 * A process that moves secrets to and fro between two vaults, for ever: `node migrationChild.mjs <folder>`. Each line is
 * a count that is durable.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Context, Effect, Layer, Logger, Option, Redacted } from "effect"
import { writeSync } from "node:fs"
import { join } from "node:path"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import * as KeyFile from "../../../../src/infrastructure/storage/secure/KeyFile.ts"
import * as MovableSecureStore from "../../../../src/infrastructure/storage/secure/MovableSecureStore.ts"
import * as OpenVault from "../../../../src/infrastructure/storage/secure/OpenVault.ts"
import * as SecretMigration from "../../../../src/infrastructure/storage/secure/SecretMigration.ts"
import * as VaultSecureStore from "../../../../src/infrastructure/storage/secure/VaultSecureStore.ts"

const [, , folder] = process.argv

const names = ["first", "second"] as const

/** The two vaults, the store over both, and what moves secrets between them without a time of grace. */
export const open = (root: string) =>
  Effect.gen(function*() {
    const locks = yield* Layer.build(SqliteProcessLock.layer({ folder: join(root, "locks") }))
    const vault = (name: string) =>
      VaultSecureStore.layer.pipe(
        Layer.provide(OpenVault.layer({ file: join(root, "data", name) })),
        Layer.provide(KeyFile.layerLoadOrCreate({ file: join(root, "config", name) })),
        Layer.provide(Layer.succeedContext(locks)),
        Layer.build,
        Effect.map((context) => ({ name, store: Context.get(context, SecureStore) }))
      )
    const places = [yield* vault(names[0]), yield* vault(names[1])] as const
    const options = { file: join(root, "data", "places.json"), places, grace: 0 }
    return {
      store: yield* MovableSecureStore.make(options),
      migration: yield* Effect.provide(SecretMigration.make(options), locks),
      places
    }
  }).pipe(Effect.provide(NodeContext.layer))

type Opened = Effect.Effect.Success<ReturnType<typeof open>>

export const otherThan = (name: string) => names[0] === name ? names[1] : names[0]

/** Moves the secrets to where they are not, and removes them where they were. */
export const move = ({ migration }: Opened) =>
  Effect.gen(function*() {
    const { current } = yield* migration.state
    yield* migration.migrate(otherThan(current))
    yield* migration.finalize(current)
  })

const increment = ({ store }: Opened) =>
  store.modify("count", (current) => {
    const next = Number(Option.match(current, { onNone: () => "0", onSome: Redacted.value })) + 1
    return Effect.succeed([next, Option.some(Redacted.make(String(next)))] as const)
  })

const program = (root: string) =>
  Effect.flatMap(open(root), (opened) =>
    Effect.forever(Effect.zipRight(
      move(opened),
      Effect.tap(increment(opened), (count) => Effect.sync(() => writeSync(1, `${count}\n`)))
    )))

// Standard output holds acknowledgements only.
const logs = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))

if (folder !== undefined && process.argv[1]?.endsWith(".mjs") === true) {
  const reported = Effect.tapErrorCause(Effect.scoped(program(folder)), (cause) => Effect.logError(cause))
  NodeRuntime.runMain(Effect.provide(reported, logs), { disablePrettyLogger: true, disableErrorReporting: true })
}
