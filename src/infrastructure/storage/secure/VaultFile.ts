/**
 * The vault's file, format 2. Everything is big-endian; a block is a u32 length and as many bytes.
 *
 * ```
 * head:    "STRV" | version u8 | store id (16) | generation u64
 *          created at, ms u64
 * slots:   u16 count, blocks of  id u32 | flags u8 | type length u8 | type | params block | content
 * keyset:  block, sealed under the root key
 * entries: u32 count, each  name tag (32) | block, sealed under the keyset
 * mac (32) over everything before it
 * ```
 *
 * The head is the same in every format.
 */
import { Either } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { Corrupt, NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import * as Framing from "./Framing.ts"

const magic = Buffer.from("STRV", "ascii")
export const version = 2
export const macLength = 32
const tagLength = 32

/** Each may be tried with a key before anything of the file is authenticated; a vault is never given so many. */
const maxSlots = 256

/** A slot that opens an earlier root key only. Other bits are a later version's. */
const staleFlag = 1

/** One way to the root key. What an unknown `type` holds in `params` and `content` is kept byte for byte. */
export interface Slot {
  readonly id: number
  readonly flags: number
  readonly type: string
  /** What turns the secret into the slot's key, such as salt and cost. */
  readonly params: Uint8Array
  readonly content: Uint8Array
}

export const isStale = ({ flags }: Slot): boolean => (flags & staleFlag) !== 0
export const asStale = (slot: Slot): Slot => ({ ...slot, flags: slot.flags | staleFlag })

/** What stands before everything else. Not authenticated. */
export interface Head {
  readonly version: number
  readonly storeId: Uint8Array
  /** Counts the writes. */
  readonly generation: bigint
}

/** The file as read: nothing in it is authenticated yet. */
export interface VaultFile {
  readonly storeId: Uint8Array
  readonly generation: bigint
  readonly createdAt: bigint
  readonly slots: ReadonlyArray<Slot>
  readonly keyset: Uint8Array
  /** Sealed entries by the hexadecimal tag of their name. */
  readonly entries: ReadonlyMap<string, Uint8Array>
}

/** The file, what its MAC has to cover, and the MAC. */
export interface Decoded {
  readonly format: number
  readonly file: VaultFile
  readonly authenticated: Uint8Array
  readonly mac: Uint8Array
}

export const corrupt = new Corrupt({ store: "secret store", operation: "read" })

/** `NewerThanApp` also for a file that is damaged after its version: a newer one may look like anything. */
export const head = (bytes: Uint8Array): Either.Either<Head, StorageFailure> => {
  if (bytes.length <= magic.length || !magic.equals(bytes.subarray(0, magic.length))) return Either.left(corrupt)
  const found = bytes[magic.length] ?? 0
  if (found > version) return Either.left(new NewerThanApp({ store: "secret store", operation: "read" }))
  const rest = bytes.subarray(magic.length + 1)
  const parsed = Framing.parse(rest, (reader) => {
    const result = { version: found, storeId: reader.bytes(16), generation: reader.u64() }
    reader.rest()
    return result
  })
  return parsed === undefined || found === 0 ? Either.left(corrupt) : Either.right(parsed)
}

export const readEntries = (reader: Framing.Reader) => {
  const entries: Array<readonly [string, Uint8Array]> = []
  // The count is not believed: a length that the bytes cannot hold ends the first time there is nothing left.
  for (let left = reader.u32(); left > 0; left--) {
    entries.push([Buffer.from(reader.bytes(tagLength)).toString("hex"), reader.block()])
  }
  return entries
}

const readSlot = (source: Uint8Array): Slot | undefined =>
  Framing.parse(source, (reader) => ({
    id: reader.u32(),
    flags: reader.u8(),
    type: Buffer.from(reader.bytes(reader.u8())).toString("utf8"),
    params: reader.block(),
    content: reader.rest()
  }))

const readBody = (reader: Framing.Reader) => ({
  version: reader.bytes(magic.length + 1),
  storeId: reader.bytes(16),
  generation: reader.u64(),
  createdAt: reader.u64(),
  slots: Array.from({ length: reader.u16() }, () => readSlot(reader.block())),
  keyset: reader.block(),
  entries: readEntries(reader),
  mac: reader.bytes(macLength)
})

/** The file of a format's body; `undefined` when a slot is malformed, or a slot or an entry is there twice. */
export const assemble = (
  format: number,
  bytes: Uint8Array,
  body: Omit<ReturnType<typeof readBody>, "version"> | undefined
): Either.Either<Decoded, StorageFailure> => {
  if (body === undefined || body.slots.length > maxSlots) return Either.left(corrupt)
  const slots = body.slots.filter((slot) => slot !== undefined)
  const entries = new Map(body.entries)
  const ids = new Set(slots.map(({ id }) => id))
  if (slots.length !== body.slots.length || ids.size !== slots.length || entries.size !== body.entries.length) {
    return Either.left(corrupt)
  }
  const { createdAt, generation, keyset, mac, storeId } = body
  return Either.right({
    format,
    file: { storeId, generation, createdAt, slots, keyset, entries },
    authenticated: bytes.subarray(0, bytes.length - macLength),
    mac
  })
}

/** Of this format only. */
export const decode = (bytes: Uint8Array): Either.Either<Decoded, StorageFailure> =>
  assemble(version, bytes, Framing.parse(bytes, readBody))

const slot = ({ content, flags, id, params, type }: Slot) => {
  const name = Buffer.from(type, "utf8")
  return Framing.block(
    Buffer.concat([
      Framing.u32(id),
      Framing.u8(flags),
      Framing.u8(name.length),
      name,
      Framing.block(params),
      content
    ])
  )
}

/** Entries are written in the order of their tags, so that it does not tell which one is newest. */
export const encode = (file: VaultFile, mac: (authenticated: Uint8Array) => Uint8Array): Uint8Array => {
  const authenticated = Buffer.concat([
    magic,
    Framing.u8(version),
    file.storeId,
    Framing.u64(file.generation),
    Framing.u64(file.createdAt),
    Framing.u16(file.slots.length),
    ...file.slots.map(slot),
    Framing.block(file.keyset),
    Framing.u32(file.entries.size),
    ...Array.from(file.entries.keys()).toSorted().flatMap((tag) => [
      Buffer.from(tag, "hex"),
      Framing.block(file.entries.get(tag) ?? new Uint8Array(0))
    ])
  ])
  return Buffer.concat([authenticated, mac(authenticated)])
}
