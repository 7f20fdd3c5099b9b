/**
 * All secrets of a store out into an age file, and in again.
 */
import { Clock, DateTime, Effect, Option } from "effect"
import type { ExportFor, ExportKey, InvalidExport } from "../../../domain/operations/Maintenance.ts"
import type { SecretFailure, WrongSecret } from "../../../domain/storage/SecretFailure.ts"
import type { SecretTransaction } from "../../../domain/storage/SecureStore.ts"
import * as AgeFile from "./AgeFile.ts"
import * as SecretExport from "./SecretExport.ts"

type Entries = ReadonlyArray<SecretExport.ExportedEntry>

export interface Imported {
  readonly added: number
  readonly replaced: number
  readonly kept: number
}

/** Every secret, by name. */
export const read = (transaction: SecretTransaction): Effect.Effect<Entries, SecretFailure> =>
  Effect.gen(function*() {
    const names = yield* transaction.list
    const entries = yield* Effect.forEach(names, (name) =>
      Effect.all([transaction.get(name), transaction.expiresAt(name)]).pipe(
        Effect.map(([found, expiresAt]) =>
          Option.map(found, (value) => ({ name, value, expiresAt }))
        )
      ))
    return entries.flatMap(Option.toArray)
  })

/** Sets the secret, unless its time is over. */
export const write = (transaction: SecretTransaction, { expiresAt, name, value }: SecretExport.ExportedEntry) =>
  Effect.gen(function*() {
    if (Option.isNone(expiresAt)) return yield* transaction.set(name, value)
    const left = DateTime.toEpochMillis(expiresAt.value) - (yield* Clock.currentTimeMillis)
    if (left > 0) yield* transaction.set(name, value, { timeToLive: left })
  })

/** What has expired since it was exported is left out. */
export const merge = (
  transaction: SecretTransaction,
  entries: Entries,
  { replace }: { readonly replace: boolean }
): Effect.Effect<Imported, SecretFailure> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const current = entries.filter(({ expiresAt }) =>
      Option.match(expiresAt, { onNone: () => true, onSome: (time) => DateTime.toEpochMillis(time) > now })
    )
    const known = new Set(yield* transaction.list)
    const written = current.filter(({ name }) => replace || !known.has(name))
    yield* Effect.forEach(written, (entry) => write(transaction, entry), { discard: true })
    const replaced = written.filter(({ name }) => known.has(name)).length
    return { added: written.length - replaced, replaced, kept: current.length - written.length }
  })

/** `workFactor`: log2 of scrypt's N, for a passphrase. */
export const seal = (
  entries: Entries,
  recipient: ExportFor,
  workFactor: number | undefined
): Effect.Effect<Uint8Array, InvalidExport> =>
  Effect.acquireUseRelease(
    Effect.sync(() => SecretExport.encode(entries)),
    (plaintext) => AgeFile.encrypt(plaintext, recipient, workFactor),
    (plaintext) => Effect.sync(() => plaintext.fill(0))
  )

export const open = (file: Uint8Array, key: ExportKey): Effect.Effect<Entries, InvalidExport | WrongSecret> =>
  Effect.acquireUseRelease(
    AgeFile.decrypt(file, key),
    SecretExport.decode,
    (plaintext) => Effect.sync(() => plaintext.fill(0))
  )
