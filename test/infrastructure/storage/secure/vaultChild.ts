/**
 * A process that shares a vault: `node vaultChild.mjs <folder> <mode> [times]`. The modes without an end print a line
 * once a step is durable; a failure prints its tag.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Logger, Option, Redacted } from "effect"
import { renameSync, writeSync } from "node:fs"
import { join } from "node:path"
import { getOrRefresh } from "../../../../src/domain/storage/GetOrRefresh.ts"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import * as KeyFile from "../../../../src/infrastructure/storage/secure/KeyFile.ts"
import * as OpenVault from "../../../../src/infrastructure/storage/secure/OpenVault.ts"
import type { Vault } from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultRotation from "../../../../src/infrastructure/storage/secure/VaultRotation.ts"
import * as VaultSecureStore from "../../../../src/infrastructure/storage/secure/VaultSecureStore.ts"
import * as VaultSlots from "../../../../src/infrastructure/storage/secure/VaultSlots.ts"

const [, , folder = "", mode = "", times = "1"] = process.argv

export const layer = (root: string) =>
  VaultSecureStore.layer.pipe(
    Layer.provideMerge(OpenVault.layer({ file: join(root, "data", "vault") })),
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

const changed = <E>(change: (vault: Vault) => Effect.Effect<Vault, E>) =>
  Effect.flatMap(
    OpenVault.OpenVault,
    (open) =>
      open.update((found) =>
        Effect.map(change(Option.getOrThrow(found)), (vault) => [undefined, Option.some(vault)] as const)
      )
  )

const rotateRoot = Effect.flatMap(
  OpenVault.OpenVault,
  (open) => changed((vault) => Effect.flatMap(open.keysOf(vault.file), (keys) => VaultSlots.rotateRoot(vault, keys)))
)

const rotate = Effect.all([
  changed((vault) => Effect.succeed(VaultRotation.rotateDataKey(vault))),
  Effect.repeatN(changed((vault) => VaultRotation.reencrypt(vault, 7)), 3),
  rotateRoot
], { discard: true })

export const slotKey = Redacted.make(new Uint8Array(32).fill(5))

/** Adds a slot and removes what earlier rounds, or a killed process, left. */
const slots = Effect.zipRight(
  changed((vault) => Effect.succeed(VaultSlots.addSlot(vault, { type: "command", key: slotKey })[1])),
  changed((vault) =>
    Effect.reduce(
      vault.file.slots.filter(({ type }) => type === "command"),
      vault,
      (rest, { id }) => VaultSlots.removeSlot(rest, id)
    )
  )
)

/** A server that takes each token once: the file `token-<n>` is the one that is good. */
const exchange = (worn: Option.Option<Redacted.Redacted<string>>) =>
  Effect.sync(() => {
    const used = Number(Option.match(worn, { onNone: () => "0", onSome: Redacted.value }))
    renameSync(join(folder, `token-${used}`), join(folder, `token-${used + 1}`))
    return Redacted.make(String(used + 1))
  })

const refresh = Effect.forEach(Array.from({ length: Number(times) }, (_, index) => index + 1), (round) =>
  getOrRefresh({
    name: "token",
    isFresh: (value) => Effect.succeed(Number(Redacted.value(value)) >= round),
    refresh: exchange
  }))

const print = (line: unknown) => Effect.sync(() => writeSync(1, `${String(line)}\n`))
const acknowledged = <A, E, R>(step: Effect.Effect<A, E, R>) => Effect.forever(Effect.tap(step, print))

type Program = Effect.Effect<unknown, { readonly _tag: string }, SecureStore | OpenVault.OpenVault>

const programs: Readonly<Record<string, Program>> = {
  increment: Effect.repeatN(increment, Number(times) - 1),
  count: acknowledged(increment),
  rotate: acknowledged(rotate),
  slots: acknowledged(slots),
  refresh,
  get: Effect.flatMap(SecureStore, (store) => store.get("count"))
}

const program = programs[mode]

// Standard output holds acknowledgements and tags only.
const logs = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))

if (program !== undefined) {
  const failing = Effect.tapError(program, ({ _tag }) => print(_tag))
  NodeRuntime.runMain(Effect.provide(failing, Layer.merge(layer(folder), logs)), {
    disablePrettyLogger: true,
    disableErrorReporting: true
  })
}
