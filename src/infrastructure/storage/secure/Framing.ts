/**
 * Length-prefixed binary fields, big-endian. A reader never believes a length: it is checked against what is there.
 */

/** The bytes end before a field does, or go on after the last one. */
class Malformed extends RangeError {}

/** Reads fields in order; throws when the bytes are not what is expected. Used inside `parse` only. */
export interface Reader {
  readonly bytes: (length: number) => Uint8Array
  readonly u8: () => number
  readonly u16: () => number
  readonly u32: () => number
  readonly u64: () => bigint
  /** As many bytes as the u32 before them says. */
  readonly block: () => Uint8Array
  readonly rest: () => Uint8Array
}

/** Runs `read` over all of `source`; `undefined` when the bytes are too few, too many or otherwise malformed. */
export const parse = <A>(source: Uint8Array, read: (reader: Reader) => A): A | undefined => {
  const buffer = Buffer.from(source.buffer, source.byteOffset, source.length)
  let offset = 0
  const skip = (length: number) => {
    if (length > buffer.length - offset) throw new Malformed()
    offset += length
    return offset - length
  }
  const bytes = (length: number) => buffer.subarray(skip(length), offset)
  const u32 = () => buffer.readUInt32BE(skip(4))
  const reader: Reader = {
    bytes,
    u8: () => buffer.readUInt8(skip(1)),
    u16: () => buffer.readUInt16BE(skip(2)),
    u32,
    u64: () => buffer.readBigUInt64BE(skip(8)),
    block: () => bytes(u32()),
    rest: () => bytes(buffer.length - offset)
  }
  try {
    const result = read(reader)
    return offset === buffer.length ? result : undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

export const u8 = (value: number): Uint8Array => Uint8Array.of(value)

export const u16 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export const u32 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export const u64 = (value: bigint): Uint8Array => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

export const block = (content: Uint8Array): Uint8Array => Buffer.concat([u32(content.length), content])

/** Unambiguous: no two lists of parts give the same bytes. */
export const blocks = (...parts: ReadonlyArray<Uint8Array | string>): Uint8Array =>
  Buffer.concat(parts.map((part) => block(typeof part === "string" ? Buffer.from(part, "utf8") : part)))
