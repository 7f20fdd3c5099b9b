/**
 * An unlocked vault as a value: reading it is pure, changing it gives another one.
 */
import { Either } from "effect"
import type { Redacted } from "effect"
import { randomBytes, timingSafeEqual } from "node:crypto"
import type { KeyObject } from "node:crypto"
import { Locked, Tampered } from "../../../domain/storage/SecretFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Keyset from "../../security/encryption/Keyset.ts"
import * as RootKey from "./RootKey.ts"
import * as RootSlot from "./RootSlot.ts"
import * as VaultEntry from "./VaultEntry.ts"
import * as VaultFile from "./VaultFile.ts"
import * as VaultFormat1 from "./VaultFormat1.ts"
import * as VaultStatus from "./VaultStatus.ts"

export interface Vault extends RootKey.DataKeys {
  readonly file: VaultFile.VaultFile
  /** What the slots wrap. */
  readonly root: KeyObject
  readonly macKey: KeyObject
}

/** The vault with other keys, or another root key, and the same entries and slots. */
export const withKeys = (
  vault: Vault,
  keys: { readonly root?: KeyObject; readonly keyset?: Keyset.Keyset<"Aead"> }
): Vault => {
  const changed = { ...vault, ...keys }
  return {
    ...changed,
    macKey: RootKey.macKey(changed.root),
    file: { ...vault.file, keyset: RootKey.sealKeys(changed.root, vault.file.storeId, changed) }
  }
}

const empty = (file: Omit<VaultFile.VaultFile, "keyset" | "entries">, root: KeyObject): Vault => {
  const keys = { nameKey: RootKey.random(), keyset: Keyset.generate("XAES_256_GCM") }
  return {
    ...keys,
    file: { ...file, keyset: RootKey.sealKeys(root, file.storeId, keys), entries: new Map() },
    root,
    macKey: RootKey.macKey(root)
  }
}

export interface NewSlot {
  readonly type: string
  /** What turns the secret into `key`; nothing when it is the key. */
  readonly params?: Uint8Array
  /** 32 uniformly random bytes, or what a passphrase was stretched to. */
  readonly key: Redacted.Redacted<Uint8Array>
}

export const makeSlot = (
  { key, params = new Uint8Array(0), type }: NewSlot,
  { slots, storeId }: Pick<VaultFile.VaultFile, "slots" | "storeId">,
  root: KeyObject
): VaultFile.Slot => {
  const slot = { id: RootSlot.freshId(slots), type, params }
  return RootKey.withBytes(root, (bytes) => RootSlot.wrap(slot, key, storeId, bytes))
}

/** An empty vault that one slot opens. */
export const create = (slot: NewSlot, now: number): Vault => {
  const storeId = randomBytes(16)
  const root = RootKey.random()
  const slots = [makeSlot(slot, { slots: [], storeId }, root)]
  return empty({ storeId, generation: 0n, createdAt: BigInt(now), slots }, root)
}

/** What the file holds, of any format we know. Nothing in it is authenticated. */
export const decode = (bytes: Uint8Array): Either.Either<VaultFile.Decoded, StorageFailure> =>
  Either.flatMap(
    VaultFile.head(bytes),
    ({ version }) => (version === VaultFormat1.version ? VaultFormat1 : VaultFile).decode(bytes)
  )

/** Authenticates the whole file before anything of it is used. Of format 2 only. */
export const openWithRoot = (
  { authenticated, file, mac }: VaultFile.Decoded,
  root: KeyObject
): Either.Either<Vault, Tampered> => {
  const macKey = RootKey.macKey(root)
  return timingSafeEqual(RootKey.hmac(macKey, authenticated), mac)
    ? Either.map(RootKey.openKeys(root, file.storeId, file.keyset), (keys) => ({ ...keys, file, root, macKey }))
    : Either.left(new Tampered({ what: "secret store" }))
}

/** The root key stays; what format 1 derived from it is replaced by new keys. Slots that stay closed are of no use. */
const upgraded = (
  decoded: VaultFile.Decoded,
  slot: VaultFile.Slot,
  { key }: RootSlot.SlotKey,
  root: Uint8Array
): Either.Either<Vault, Tampered> =>
  Either.map(VaultFormat1.entries(decoded, root), (entries) => {
    const { createdAt, generation, slots, storeId } = decoded.file
    const rewrapped = slots.map((each) =>
      each === slot ? RootSlot.wrap(slot, key, storeId, root) : VaultFile.asStale(each)
    )
    const vault = empty({ storeId, generation, createdAt, slots: rewrapped }, RootKey.secret(root))
    return withEntries(vault, (sealed) => {
      for (const entry of entries) {
        const tag = tagOf(vault, entry.name)
        sealed.set(tag, VaultEntry.seal(vault.keyset, storeId, tag, entry))
      }
    })
  })

const openSlot = (decoded: VaultFile.Decoded, slot: VaultFile.Slot, slotKey: RootSlot.SlotKey) =>
  decoded.format === VaultFormat1.version
    ? Either.flatMap(
      VaultFormat1.unwrap(slot, slotKey, decoded.file.storeId),
      (root) => upgraded(decoded, slot, slotKey, root)
    )
    : Either.flatMap(
      RootSlot.unwrap(slot, slotKey, decoded.file.storeId),
      (root) => openWithRoot(decoded, RootKey.secret(root))
    )

/** When there is no key for any of the file's slots. */
export const noSlot = ({ slots }: VaultFile.VaultFile): Locked => {
  const types = slots.filter((slot) => !VaultFile.isStale(slot)).map(({ type }) => VaultStatus.printable(type))
  return new Locked({ fixes: [`open it by one of its own unlock slots (${types.join(", ") || "there are none"})`] })
}

/** Opens by the first slot of the key's type that the key fits; a slot of an unknown type is no obstacle. */
export const open = (decoded: VaultFile.Decoded, slotKey: RootSlot.SlotKey): Either.Either<Vault, SecretFailure> => {
  const matching = decoded.file.slots.filter((slot) =>
    slot.type === slotKey.slot && !VaultFile.isStale(slot) && (slotKey.id === undefined || slotKey.id === slot.id)
  )
  let failure: SecretFailure | undefined
  for (const slot of matching) {
    const result = openSlot(decoded, slot, slotKey)
    if (Either.isRight(result)) return result
    if (failure?._tag !== "Tampered" && (failure === undefined || result.left._tag === "Tampered")) {
      failure = result.left
    }
  }
  return Either.left(failure ?? noSlot(decoded.file))
}

export const encode = ({ file, macKey }: Vault): Uint8Array =>
  VaultFile.encode(file, (authenticated) => RootKey.hmac(macKey, authenticated))

export const atGeneration = (vault: Vault, generation: bigint): Vault => ({
  ...vault,
  file: { ...vault.file, generation }
})

/** Tags made before. Names of entries are few; who asks for ever other ones makes this start again. */
const tags = new WeakMap<KeyObject, Map<string, string>>()
const maxTags = 4096

/** What stands for a name in the file: its HMAC, in hexadecimal. */
export const tagOf = ({ nameKey }: Pick<Vault, "nameKey">, name: string): string => {
  let known = tags.get(nameKey)
  if (known === undefined || known.size >= maxTags) tags.set(nameKey, known = new Map())
  let tag = known.get(name)
  if (tag === undefined) known.set(name, tag = RootKey.hmac(nameKey, name).toString("hex"))
  return tag
}

export const withEntries = (vault: Vault, change: (entries: Map<string, Uint8Array>) => void): Vault => {
  const entries = new Map(vault.file.entries)
  change(entries)
  return { ...vault, file: { ...vault.file, entries } }
}
