/**
 * The entries of an unlocked vault. An entry whose time is over is absent, and dropped when others are written.
 */
import { Either, Equal, Option } from "effect"
import type { Redacted } from "effect"
import { Tampered } from "../../../domain/storage/SecretFailure.ts"
import type { SecretChange } from "../../../domain/storage/SecureStore.ts"
import { tagOf, withEntries } from "./Vault.ts"
import type { Vault } from "./Vault.ts"
import * as VaultEntry from "./VaultEntry.ts"

/** A new value, or `none` to remove the entry. `expiresAt` in ms; 0 for never. */
export type Change = Option.Option<{ readonly value: Redacted.Redacted<string>; readonly expiresAt: bigint }>

type Description = Pick<VaultEntry.VaultEntry, "name" | "expiresAt">

/** What was learnt by opening an entry, without its value; as long as the sealed entry lives. */
const described = new WeakMap<Uint8Array, Description & { readonly tag: string }>()

const tampered = Either.left(new Tampered({ what: "secret store" }))

const openEntry = (vault: Vault, tag: string, sealed: Uint8Array): Either.Either<VaultEntry.VaultEntry, Tampered> => {
  const entry = VaultEntry.open(vault.keyset, vault.file.storeId, tag, sealed)
  if (Either.isRight(entry) && described.get(sealed)?.tag !== tag) {
    described.set(sealed, { tag, name: entry.right.name, expiresAt: entry.right.expiresAt })
  }
  return entry
}

const describe = (vault: Vault, tag: string, sealed: Uint8Array): Either.Either<Description, Tampered> => {
  const known = described.get(sealed)
  return known !== undefined && known.tag === tag ? Either.right(known) : openEntry(vault, tag, sealed)
}

const find = (vault: Vault, name: string) => {
  const tag = tagOf(vault, name)
  return [tag, vault.file.entries.get(tag)] as const
}

/** The entry of that name, expired or not. */
export const get = (vault: Vault, name: string): Either.Either<Option.Option<VaultEntry.VaultEntry>, Tampered> => {
  const [tag, sealed] = find(vault, name)
  return sealed === undefined
    ? Either.right(Option.none())
    : Either.flatMap(
      openEntry(vault, tag, sealed),
      (entry) => entry.name === name ? Either.right(Option.some(entry)) : tampered
    )
}

export const has = (vault: Vault, name: string, now: number): Either.Either<boolean, Tampered> => {
  const [tag, sealed] = find(vault, name)
  return sealed === undefined
    ? Either.right(false)
    : Either.map(describe(vault, tag, sealed), (entry) => !VaultEntry.isExpired(entry, now))
}

/** Whether the file holds one of that name, expired or not. */
export const contains = (vault: Vault, name: string): boolean => find(vault, name)[1] !== undefined

const descriptions = (vault: Vault) =>
  Either.all(
    Array.from(vault.file.entries, ([tag, sealed]) =>
      Either.map(describe(vault, tag, sealed), ({ expiresAt, name }) => ({ tag, name, expiresAt })))
  )

/** Every name, sorted. */
export const names = (vault: Vault, now: number): Either.Either<ReadonlyArray<string>, Tampered> =>
  Either.map(
    descriptions(vault),
    (entries) => entries.filter((entry) => !VaultEntry.isExpired(entry, now)).map(({ name }) => name).toSorted()
  )

/** Makes all changes at once. An entry that does not open stays as it is, unless it is changed. */
export const apply = (
  vault: Vault,
  changes: ReadonlyMap<string, Change>,
  now: number
): Vault =>
  withEntries(vault, (entries) => {
    for (const [tag, sealed] of vault.file.entries) {
      const entry = describe(vault, tag, sealed)
      if (Either.isRight(entry) && VaultEntry.isExpired(entry.right, now)) entries.delete(tag)
    }
    for (const [name, change] of changes) {
      const tag = tagOf(vault, name)
      if (Option.isNone(change)) {
        entries.delete(tag)
        continue
      }
      const { expiresAt, value } = change.value
      const entry = { name, value, expiresAt, setAt: BigInt(now) }
      const sealed = VaultEntry.seal(vault.keyset, vault.file.storeId, tag, entry)
      described.set(sealed, { tag, name, expiresAt })
      entries.set(tag, sealed)
    }
  })

interface Sealed {
  readonly vault: Vault
  readonly tag: string
  readonly sealed: Uint8Array
}

/** By tag, or by name where tags under different keys tell nothing of each other. One that does not open has no name. */
const keyed = (vault: Vault, byName: boolean): ReadonlyMap<string, Sealed> =>
  new Map(
    Array.from(vault.file.entries).flatMap(([tag, sealed]) => {
      const key = byName ? Either.map(describe(vault, tag, sealed), ({ name }) => name) : Either.right(tag)
      return Either.isRight(key) ? [[key.right, { vault, tag, sealed }] as const] : []
    })
  )

/** Sealed again, under another key or another tag, an entry is still what it was. */
const isSame = (old: Sealed, now: Sealed) => {
  if (old.sealed === now.sealed || Buffer.compare(old.sealed, now.sealed) === 0) return true
  if (old.tag === now.tag && VaultEntry.keyId(old.sealed) === VaultEntry.keyId(now.sealed)) return false
  const [was, is] = [old, now].map(({ sealed, tag, vault }) => Either.getOrUndefined(openEntry(vault, tag, sealed)))
  return was !== undefined && is !== undefined && was.setAt === is.setAt && Equal.equals(was.value, is.value)
}

/** What became of the entries, by name; removals first. An entry that does not open is left out. */
export const difference = (
  before: Option.Option<Vault>,
  after: Option.Option<Vault>
): ReadonlyArray<SecretChange> => {
  const byName = Option.isSome(before) && Option.isSome(after) && !before.value.nameKey.equals(after.value.nameKey)
  const nothing: ReadonlyMap<string, Sealed> = new Map()
  const entriesOf = Option.match({ onNone: () => nothing, onSome: (vault: Vault) => keyed(vault, byName) })
  const [was, is] = [entriesOf(before), entriesOf(after)]
  const told = (kind: SecretChange["kind"], entries: ReadonlyArray<Sealed>) =>
    entries
      .flatMap(({ sealed, tag, vault }) => Option.toArray(Either.getRight(describe(vault, tag, sealed))))
      .map(({ name }) => ({ name, kind }))
  const removed = Array.from(was).flatMap(([key, old]) => is.has(key) ? [] : [old])
  const set = Array.from(is).flatMap(([key, now]) => {
    const old = was.get(key)
    return old !== undefined && isSame(old, now) ? [] : [now]
  })
  return [...told("removed", removed), ...told("set", set)]
}
