/**
 * Small vaults as values, and what became of their bytes.
 */
import { Either, Option, Redacted } from "effect"
import type * as RootSlot from "../../../../src/infrastructure/storage/secure/RootSlot.ts"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultEntries from "../../../../src/infrastructure/storage/secure/VaultEntries.ts"
import * as VaultFile from "../../../../src/infrastructure/storage/secure/VaultFile.ts"

export const slotKeyOf = (byte: number, slot = "key-file"): RootSlot.SlotKey => ({
  slot,
  key: Redacted.make(new Uint8Array(32).fill(byte))
})

export const slotKey = slotKeyOf(7)

type Values = Readonly<Record<string, string>>

export const withValues = (vault: Vault.Vault, values: Values, now = 0): Vault.Vault => {
  const changes = Object.entries(values).map(([name, value]) =>
    [name, Option.some({ value: Redacted.make(value), expiresAt: 0n })] as const
  )
  return VaultEntries.apply(vault, new Map(changes), now)
}

export const vaultOf = (values: Values, { key, slot }: RootSlot.SlotKey = slotKey): Vault.Vault =>
  withValues(Vault.create({ type: slot, key }, 0), values)

export const open = (bytes: Uint8Array, key = slotKey) =>
  Either.flatMap(Vault.decode(bytes), (decoded) => Vault.open(decoded, key))

/** Every value by its name. */
export const valuesIn = (vault: Vault.Vault) =>
  Either.gen(function*() {
    const values: Record<string, string> = {}
    for (const name of yield* VaultEntries.names(vault, 0)) {
      const entry = yield* VaultEntries.get(vault, name)
      if (Option.isSome(entry)) values[name] = Redacted.value(entry.value.value)
    }
    return values
  })

/** Opens the bytes and reads everything in them. */
export const read = (bytes: Uint8Array, key = slotKey) => Either.flatMap(open(bytes, key), valuesIn)

/** The tag of the failure that `read` ends with. */
export const failureOf = (bytes: Uint8Array, key = slotKey): string | undefined =>
  Either.match(read(bytes, key), { onLeft: ({ _tag }) => _tag, onRight: () => undefined })

export const decoded = (bytes: Uint8Array): VaultFile.VaultFile => Either.getOrThrow(Vault.decode(bytes)).file

/** What somebody can write who has no key: the parts of a file rearranged, under the MAC it had. */
export const forged = (file: VaultFile.VaultFile, mac: Uint8Array): Uint8Array => VaultFile.encode(file, () => mac)
