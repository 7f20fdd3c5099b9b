/**
 * The vault's file, format 1. Everything is big-endian; a block is a u32 length and as many bytes.
 *
 * ```
 * "STRV" | version u8 | store id (16) | generation u64 | created at, ms u64
 * slots:   u16 count, blocks of  id u32 | type length u8 | type | content
 * keyset:  block, sealed under the root key
 * entries: u32 count, each  name tag (32) | block, sealed under the keyset
 * mac (32) over everything before it
 * ```
 */
import { Either } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { Corrupt, NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import * as Framing from "./Framing.ts"

const magic = Buffer.from("STRV", "ascii")
export const version = 1
const macLength = 32
const tagLength = 32

/** One way to the root key. What an unknown `type` holds in `content` is kept byte for byte. */
export interface Slot {
  readonly id: number
  readonly type: string
  readonly content: Uint8Array
}

/** The file as read: nothing in it is authenticated yet. */
export interface VaultFile {
  readonly storeId: Uint8Array
  /** Counts the writes. */
  readonly generation: bigint
  readonly createdAt: bigint
  readonly slots: ReadonlyArray<Slot>
  readonly keyset: Uint8Array
  /** Sealed entries by the hexadecimal tag of their name. */
  readonly entries: ReadonlyMap<string, Uint8Array>
}

const corrupt = new Corrupt({ store: "secret store", operation: "read" })

const readSlot = (source: Uint8Array): Slot | undefined =>
  Framing.parse(source, (reader) => ({
    id: reader.u32(),
    type: Buffer.from(reader.bytes(reader.u8())).toString("utf8"),
    content: reader.rest()
  }))

const readBody = (reader: Framing.Reader) => ({
  storeId: reader.bytes(16),
  generation: reader.u64(),
  createdAt: reader.u64(),
  slots: Array.from({ length: reader.u16() }, () => readSlot(reader.block())),
  keyset: reader.block(),
  // The count is not believed: a length that the bytes cannot hold ends the first time there is nothing left.
  entries: readEntries(reader, reader.u32()),
  mac: reader.bytes(macLength)
})

const readEntries = (reader: Framing.Reader, count: number) => {
  const entries: Array<readonly [string, Uint8Array]> = []
  for (let index = 0; index < count; index++) {
    entries.push([Buffer.from(reader.bytes(tagLength)).toString("hex"), reader.block()])
  }
  return entries
}

/** The file, what its MAC has to cover, and the MAC. */
export interface Decoded {
  readonly file: VaultFile
  readonly authenticated: Uint8Array
  readonly mac: Uint8Array
}

export const decode = (bytes: Uint8Array): Either.Either<Decoded, StorageFailure> => {
  const head = magic.length + 1
  if (bytes.length < head || !magic.equals(bytes.subarray(0, magic.length))) return Either.left(corrupt)
  const found = bytes[magic.length] ?? 0
  if (found > version) return Either.left(new NewerThanApp({ store: "secret store", operation: "read" }))
  const body = found === version ? Framing.parse(bytes.subarray(head), readBody) : undefined
  if (body === undefined) return Either.left(corrupt)
  const slots = body.slots.filter((slot) => slot !== undefined)
  const entries = new Map(body.entries)
  if (slots.length !== body.slots.length || entries.size !== body.entries.length) return Either.left(corrupt)
  const { mac, ...rest } = body
  return Either.right({
    file: { ...rest, slots, entries },
    authenticated: bytes.subarray(0, bytes.length - macLength),
    mac
  })
}

const slot = ({ content, id, type }: Slot) => {
  const name = Buffer.from(type, "utf8")
  return Framing.block(Buffer.concat([Framing.u32(id), Framing.u8(name.length), name, content]))
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
