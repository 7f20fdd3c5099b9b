/**
 * An unlocked vault as a value: reading it is pure, changing it gives another one.
 */
import { Either, Option, Redacted, Schema } from "effect"
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { Locked, Tampered } from "../../../domain/storage/SecretFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Aead from "../../security/encryption/Aead.ts"
import * as AesGcm from "../../security/encryption/AesGcm.ts"
import * as Hkdf from "../../security/encryption/Hkdf.ts"
import * as Keyset from "../../security/encryption/Keyset.ts"
import * as Framing from "./Framing.ts"
import * as RootSlot from "./RootSlot.ts"
import * as VaultFile from "./VaultFile.ts"

export interface Vault {
  readonly file: VaultFile.VaultFile
  readonly keyset: Keyset.Keyset
  /** Subkeys of the root key. */
  readonly nameKey: Uint8Array
  readonly macKey: Uint8Array
}

/** A key from outside and the type of the slots it opens. */
export interface SlotKey {
  readonly slot: string
  readonly key: Redacted.Redacted<Uint8Array>
}

const tampered = Either.left(new Tampered({ what: "secret store" }))

const subkeys = (root: Uint8Array) => ({
  keysetKey: Hkdf.derive(root, "strata/vault/keyset", 32),
  nameKey: Hkdf.derive(root, "strata/vault/names", 32),
  macKey: Hkdf.derive(root, "strata/vault/mac", 32)
})

const hmac = (key: Uint8Array, data: Uint8Array | string): Uint8Array => createHmac("sha256", key).update(data).digest()

const keysetContext = (storeId: Uint8Array) => Framing.blocks("strata/vault/keyset/1", storeId)

/** The tag stands for the name, which is hidden: an entry opens in its own store under its own name only. */
const entryContext = (storeId: Uint8Array, tag: string) => Framing.blocks("strata/vault/entry/1", storeId, tag)

const KeysetJson = Schema.parseJson(Keyset.Keyset)

/** An empty vault that one slot opens. */
export const create = ({ key, slot }: SlotKey, now: number): Vault => {
  const storeId = randomBytes(16)
  const root = randomBytes(32)
  const { keysetKey, macKey, nameKey } = subkeys(root)
  const keyset = Keyset.generate("AES256_GCM")
  const json = Buffer.from(Schema.encodeSync(KeysetJson)(keyset), "utf8")
  return {
    file: {
      storeId,
      generation: 0n,
      createdAt: BigInt(now),
      slots: [RootSlot.wrap(slot, Redacted.value(key), storeId, root)],
      keyset: AesGcm.seal(keysetKey, json, keysetContext(storeId)),
      entries: new Map()
    },
    keyset,
    nameKey,
    macKey
  }
}

/** Opens by the first slot of the key's type that the key fits; a slot of an unknown type is no obstacle. */
const openRoot = (file: VaultFile.VaultFile, { key, slot }: SlotKey): Either.Either<Uint8Array, SecretFailure> => {
  const candidates = file.slots.filter(({ type }) => type === slot)
  const results = candidates.map((candidate) => RootSlot.unwrap(candidate, Redacted.value(key), file.storeId))
  const first = results.find(Either.isRight) ?? results[0]
  if (first !== undefined) return first
  const others = file.slots.map(({ type }) => type).join(", ")
  return Either.left(new Locked({ fixes: [`open it by one of its own unlock slots (${others || "there are none"})`] }))
}

/** Authenticates the whole file before anything of it is used. */
export const open = (bytes: Uint8Array, slotKey: SlotKey): Either.Either<Vault, SecretFailure> =>
  Either.gen(function*() {
    const { authenticated, file, mac } = yield* VaultFile.decode(bytes)
    const { keysetKey, macKey, nameKey } = subkeys(yield* openRoot(file, slotKey))
    if (!timingSafeEqual(hmac(macKey, authenticated), mac)) return yield* tampered
    const json = AesGcm.open(keysetKey, file.keyset, keysetContext(file.storeId))
    const keyset = Option.flatMap(json, (text) => Schema.decodeOption(KeysetJson)(Buffer.from(text).toString("utf8")))
    return Option.isNone(keyset) ? yield* tampered : { file, keyset: keyset.value, nameKey, macKey }
  })

/** To be written instead of what the file holds now. */
export const nextGeneration = (vault: Vault): Vault => ({
  ...vault,
  file: { ...vault.file, generation: vault.file.generation + 1n }
})

export const encode = ({ file, macKey }: Vault): Uint8Array =>
  VaultFile.encode(file, (authenticated) => hmac(macKey, authenticated))

const tagOf = (vault: Vault, name: string) => Buffer.from(hmac(vault.nameKey, name)).toString("hex")

/** What is sealed in an entry: `name (block) | set at, ms u64 | value`. */
const openEntry = (vault: Vault, tag: string, sealed: Uint8Array) =>
  Aead.open(vault.keyset, sealed, entryContext(vault.file.storeId, tag)).pipe(
    Either.flatMap((plaintext) =>
      Either.fromNullable(
        Framing.parse(plaintext, (reader) => ({
          name: Buffer.from(reader.block()).toString("utf8"),
          setAt: reader.u64(),
          value: Redacted.make(Buffer.from(reader.rest()).toString("utf8"))
        })),
        () => undefined
      )
    ),
    Either.orElse(() => tampered)
  )

export const get = (vault: Vault, name: string): Either.Either<Option.Option<Redacted.Redacted<string>>, Tampered> => {
  const tag = tagOf(vault, name)
  const sealed = vault.file.entries.get(tag)
  return sealed === undefined
    ? Either.right(Option.none())
    : Either.flatMap(
      openEntry(vault, tag, sealed),
      (entry) => entry.name === name ? Either.right(Option.some(entry.value)) : tampered
    )
}

export const has = (vault: Vault, name: string): boolean => vault.file.entries.has(tagOf(vault, name))

/** Every name, sorted. */
export const names = (vault: Vault): Either.Either<ReadonlyArray<string>, Tampered> =>
  Either.map(
    Either.all(Array.from(vault.file.entries, ([tag, sealed]) => openEntry(vault, tag, sealed))),
    (entries) => entries.map(({ name }) => name).toSorted()
  )

const withEntries = (vault: Vault, change: (entries: Map<string, Uint8Array>) => void): Vault => {
  const entries = new Map(vault.file.entries)
  change(entries)
  return { ...vault, file: { ...vault.file, entries } }
}

export const set = (vault: Vault, name: string, value: Redacted.Redacted<string>, now: number): Vault => {
  const tag = tagOf(vault, name)
  const plaintext = Buffer.concat([
    Framing.blocks(name),
    Framing.u64(BigInt(now)),
    Buffer.from(Redacted.value(value), "utf8")
  ])
  const sealed = Aead.seal(vault.keyset, plaintext, entryContext(vault.file.storeId, tag))
  return withEntries(vault, (entries) => entries.set(tag, sealed))
}

export const remove = (vault: Vault, name: string): Vault =>
  withEntries(vault, (entries) => entries.delete(tagOf(vault, name)))
