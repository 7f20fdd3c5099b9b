/**
 * A new key for the entries. Entries name the key that sealed them, so whoever goes on after an interruption sees what
 * is left to do.
 */
import { Either } from "effect"
import type { Tampered } from "../../../domain/storage/SecretFailure.ts"
import * as Keyset from "../../security/encryption/Keyset.ts"
import { withEntries, withKeys } from "./Vault.ts"
import type { Vault } from "./Vault.ts"
import * as VaultEntry from "./VaultEntry.ts"

/** From now on new entries are sealed by a new key. All readers see it at once, so it need not be introduced first. */
export const rotateDataKey = (vault: Vault): Vault =>
  withKeys(vault, { keyset: Keyset.rotate(vault.keyset, "XAES_256_GCM") })

const sealedByOldKeys = (vault: Vault) =>
  Array.from(vault.file.entries).filter(([, sealed]) => VaultEntry.keyId(sealed) !== vault.keyset.primary)

/** How many entries an earlier key still seals. */
export const pending = (vault: Vault): number => sealedByOldKeys(vault).length

/** Whether a rotation was begun and not finished: there is an earlier key that is not destroyed yet. */
export const isUnfinished = ({ keyset }: Vault): boolean =>
  keyset.keys.some(({ id, status }) => id !== keyset.primary && status !== "DESTROYED")

/** Ids of so many keys are kept, the primary's among them: a keyset that only grows could not be written one day. */
const maxIds = 100

const withoutOldKeys = (vault: Vault): Vault => {
  const old = vault.keyset.keys.filter(({ id, status }) => id !== vault.keyset.primary && status !== "DESTROYED")
  const keyset = old.reduce(
    (rest, { id }) => Either.getOrElse(Keyset.destroy(rest, id), () => rest),
    vault.keyset
  )
  // The newest stand last.
  return old.length === 0 ? vault : withKeys(vault, { keyset: { ...keyset, keys: keyset.keys.slice(-maxIds) } })
}

/**
 * Seals at most `atMost` entries again, with the primary key. When none is left that an earlier key seals, those keys
 * are destroyed: nothing but their ids is kept, so that they are not used again.
 */
export const reencrypt = (vault: Vault, atMost: number): Either.Either<Vault, Tampered> =>
  Either.gen(function*() {
    const { entries, storeId } = { ...vault.file }
    const resealed = new Map(entries)
    for (const [tag, sealed] of sealedByOldKeys(vault).slice(0, atMost)) {
      const entry = yield* VaultEntry.open(vault.keyset, storeId, tag, sealed)
      resealed.set(tag, VaultEntry.seal(vault.keyset, storeId, tag, entry))
    }
    const changed = withEntries(vault, (all) => resealed.forEach((sealed, tag) => all.set(tag, sealed)))
    return pending(changed) === 0 ? withoutOldKeys(changed) : changed
  })
