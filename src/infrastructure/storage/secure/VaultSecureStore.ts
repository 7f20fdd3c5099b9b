/**
 * `SecureStore` in one encrypted file that the processes of this machine share.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Clock, Effect, Equal, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { createHash } from "node:crypto"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import * as Secrets from "../../telemetry/catalogue/Secrets.ts"
import * as Meter from "../../telemetry/Meter.ts"
import * as Span from "../../telemetry/Span.ts"
import { ProcessLock } from "../local/ProcessLock.ts"
import * as DurableFile from "./DurableFile.ts"
import * as SecretText from "./SecretText.ts"
import * as Vault from "./Vault.ts"
import { VaultKey } from "./VaultKey.ts"

export interface Options {
  readonly file: string
}

/** A `modify` may hold the lock while it talks to a server. */
const patience = "30 seconds"

const backend = { "strata.secret.backend": "vault" } as const

type Secret = Option.Option<Redacted.Redacted<string>>

/** Equal for every process, and for every spelling of the path that resolves to the same. */
const lockName = (file: string) => `secret-store-${createHash("sha256").update(file).digest("hex").slice(0, 16)}`

const counted =
  (operation: "get" | "set" | "delete" | "modify" | "list") => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.onExit(
      effect,
      (exit) =>
        Meter.add(Secrets.operations, {
          "strata.secret.operation": operation,
          "strata.secret.result": exit._tag === "Success" ? "ok" : "failed"
        })
    )

const valueIn = (found: Option.Option<Vault.Vault>, name: string): Effect.Effect<Secret, SecretFailure> =>
  Option.match(found, { onNone: () => Effect.succeedNone, onSome: (vault) => Vault.get(vault, name) })

export const make = ({ file }: Options) =>
  Effect.gen(function*() {
    const key = yield* VaultKey
    const path = yield* Path.Path
    const exclusively = (yield* ProcessLock).withLock(lockName(path.resolve(file)), patience)
    const disk = yield* DurableFile.make({ file, store: "secret store" })

    /** The vault as last read or written; good as long as the file holds the same bytes. */
    let opened: { readonly bytes: Uint8Array; readonly vault: Vault.Vault } | undefined
    let slotKey: Vault.SlotKey | undefined

    const unlock = Effect.fnUntraced(function*(bytes: Uint8Array) {
      const used = slotKey ?? { slot: key.slot, key: yield* key.load }
      slotKey = undefined
      const vault = yield* Vault.open(bytes, used)
      slotKey = used
      opened = { bytes, vault }
      return vault
    })

    /** `none` when there is no file. Otherwise the current state of the file or a failure, never an older state. */
    const current: Effect.Effect<Option.Option<Vault.Vault>, SecretFailure> = Effect.flatMap(
      disk.read,
      Option.match({
        onNone: () => Effect.succeedNone,
        onSome: (bytes) =>
          opened !== undefined && Buffer.compare(opened.bytes, bytes) === 0
            ? Effect.succeedSome(opened.vault)
            : Effect.asSome(unlock(bytes))
      })
    )

    const write = (changed: Vault.Vault) =>
      Effect.suspend(() => {
        const vault = Vault.nextGeneration(changed)
        const bytes = Vault.encode(vault)
        return Effect.tap(disk.write(bytes), () => Effect.sync(() => void (opened = { bytes, vault })))
      })

    const createVault = Effect.fnUntraced(function*(now: number) {
      slotKey = { slot: key.slot, key: yield* key.loadForNewVault }
      return Vault.create(slotKey, now)
    })

    /** Makes `name` hold `value`; `found` is the vault as it stands in the file under the lock. */
    const put = Effect.fnUntraced(function*(found: Option.Option<Vault.Vault>, name: string, value: Secret) {
      if (Option.isNone(value)) {
        if (Option.isNone(found) || !Vault.has(found.value, name)) return false
        yield* write(Vault.remove(found.value, name))
        return true
      }
      yield* SecretText.assertWellFormed(name, value.value)
      const now = yield* Clock.currentTimeMillis
      const vault = Option.isSome(found) ? found.value : yield* createVault(now)
      yield* write(Vault.set(vault, name, value.value, now))
      return true
    })

    return SecureStore.of({
      get: (name) =>
        Effect.flatMap(current, (found) => valueIn(found, name)).pipe(
          Effect.tap((value) =>
            Span.annotate(Secrets.secretGet, { "strata.secret.result": Option.isSome(value) ? "found" : "absent" })
          ),
          counted("get"),
          Span.withSpan(Secrets.secretGet, backend)
        ),

      set: (name, value) =>
        exclusively(Effect.flatMap(current, (found) => put(found, name, Option.some(value)))).pipe(
          Effect.zipRight(Span.annotate(Secrets.secretSet, { "strata.secret.result": "written" })),
          counted("set"),
          Span.withSpan(Secrets.secretSet, backend)
        ),

      remove: (name) =>
        exclusively(Effect.flatMap(current, (found) => put(found, name, Option.none()))).pipe(
          Effect.tap((removed) =>
            Span.annotate(Secrets.secretDelete, { "strata.secret.result": removed ? "removed" : "absent" })
          ),
          counted("delete"),
          Span.withSpan(Secrets.secretDelete, backend)
        ),

      has: (name) => Effect.map(current, Option.exists((vault) => Vault.has(vault, name))),

      list: Effect.flatMap(current, (found) => Option.isNone(found) ? Effect.succeed([]) : Vault.names(found.value))
        .pipe(
          Effect.tap((names) =>
            Span.annotate(Secrets.secretList, { "strata.secret.result": names.length > 0 ? "found" : "absent" })
          ),
          counted("list"),
          Span.withSpan(Secrets.secretList, backend)
        ),

      modify: (name, change) =>
        exclusively(Effect.gen(function*() {
          const found = yield* current
          const before = yield* valueIn(found, name)
          const [answer, after] = yield* change(before)
          const unchanged = Equal.equals(before, after)
          if (!unchanged) yield* put(found, name, after)
          yield* Span.annotate(Secrets.secretModify, {
            "strata.secret.result": unchanged ? "unchanged" : Option.isSome(after) ? "written" : "removed"
          })
          return answer
        })).pipe(counted("modify"), Span.withSpan(Secrets.secretModify, backend))
    })
  })

/** Building it touches no file: the vault is unlocked when it is first read and created by the first `set`. */
export const layer = (
  options: Options
): Layer.Layer<SecureStore, never, VaultKey | ProcessLock | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(SecureStore, make(options))
