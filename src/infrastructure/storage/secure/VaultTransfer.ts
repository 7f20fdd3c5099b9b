/**
 * All entries of a vault out into an age file, and in again.
 */
import { Clock, Effect, Option } from "effect"
import type { ExportFor, ExportKey } from "../../../domain/operations/Maintenance.ts"
import * as Secrets from "../../telemetry/catalogue/Secrets.ts"
import * as Span from "../../telemetry/Span.ts"
import * as AgeFile from "./AgeFile.ts"
import type { OpenVault } from "./OpenVault.ts"
import * as SecretExport from "./SecretExport.ts"
import type { Vault } from "./Vault.ts"
import * as VaultEntries from "./VaultEntries.ts"
import * as VaultEntry from "./VaultEntry.ts"

type Open = typeof OpenVault.Service

const entriesOf = (vault: Vault) =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const names = yield* VaultEntries.names(vault, now)
    const entries = yield* Effect.forEach(names, (name) => VaultEntries.get(vault, name))
    return entries.flatMap(Option.toArray)
  })

/** Without a vault an export of nothing. */
export const exportAll = (open: Open, recipient: ExportFor, workFactor: number | undefined) =>
  Effect.gen(function*() {
    const found = yield* open.current
    const entries = Option.isSome(found) ? yield* entriesOf(found.value) : []
    yield* Span.annotate(Secrets.exportAll, { "strata.secret.entries": entries.length })
    return yield* Effect.acquireUseRelease(
      Effect.sync(() => SecretExport.encode(entries)),
      (plaintext) => AgeFile.encrypt(plaintext, recipient, workFactor),
      (plaintext) => Effect.sync(() => plaintext.fill(0))
    )
  })

const read = (file: Uint8Array, key: ExportKey) =>
  Effect.acquireUseRelease(
    AgeFile.decrypt(file, key),
    SecretExport.decode,
    (plaintext) => Effect.sync(() => plaintext.fill(0))
  )

/** What an import makes of a vault. What has expired since it was exported is left out. */
const merged = (
  vault: Vault,
  entries: ReadonlyArray<SecretExport.ExportedEntry>,
  { now, replace }: { readonly now: number; readonly replace: boolean }
) =>
  Effect.gen(function*() {
    const current = entries.filter((entry) => !VaultEntry.isExpired(entry, now))
    const known = new Set(yield* VaultEntries.names(vault, now))
    const written = current.filter(({ name }) => replace || !known.has(name))
    const changes = new Map(written.map((entry) => [entry.name, Option.some(entry)] as const))
    const replaced = written.filter(({ name }) => known.has(name)).length
    const counts = { added: written.length - replaced, replaced, kept: current.length - written.length }
    return [counts, written.length === 0 ? vault : yield* VaultEntries.apply(vault, changes, now)] as const
  })

/** All at once, or nothing. */
export const importAll = (open: Open, file: Uint8Array, key: ExportKey, { replace }: { readonly replace: boolean }) =>
  Effect.gen(function*() {
    const entries = yield* read(file, key)
    const now = yield* Clock.currentTimeMillis
    const counts = yield* open.update((found) =>
      Effect.gen(function*() {
        const vault = Option.isSome(found) ? found.value : yield* open.create
        const [answer, changed] = yield* merged(vault, entries, { now, replace })
        return [answer, Option.some(changed)] as const
      })
    )
    yield* Span.annotate(Secrets.importAll, {
      "strata.secret.added": counts.added,
      "strata.secret.replaced": counts.replaced,
      "strata.secret.kept": counts.kept
    })
    return counts
  })
