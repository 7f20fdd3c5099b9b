/**
 * Unmarshalling of either byte order. Every length is checked before it is believed.
 */
import { DBusMalformed } from "./DBusFailure.ts"
import { alignmentOf, parse } from "./Signature.ts"
import type { BasicCode, Type } from "./Signature.ts"
import { isObjectPath } from "./Value.ts"
import type { Value } from "./Value.ts"

/** Of containers inside each other, variants included. */
const deepest = 64

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const malformed = (what: string): never => {
  throw new DBusMalformed({ what })
}

const decoded = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    return malformed("string")
  }
}

export interface Reader {
  /** Throws `DBusMalformed`. Bytes are copied out. */
  readonly read: (type: Type) => Value
  readonly align: (to: number) => void
  readonly position: () => number
}

export const make = (bytes: Uint8Array, littleEndian: boolean): Reader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0

  /** Steps over `size` bytes, which have to be there; answers where they begin. */
  const take = (size: number) => {
    const start = at
    if (size > bytes.length - at) return malformed("length")
    at += size
    return start
  }

  const align = (to: number) => {
    const padding = (to - (at % to)) % to
    const start = take(padding)
    if (bytes.subarray(start, start + padding).some((byte) => byte !== 0)) malformed("padding")
  }

  const text = (length: number) => {
    const start = take(length + 1)
    if (bytes[start + length] !== 0) return malformed("string")
    const value = decoded(bytes.subarray(start, start + length))
    return value.includes("\0") ? malformed("string") : value
  }

  const basic = (code: BasicCode): Value => {
    switch (code) {
      case "y":
        return view.getUint8(take(1))
      case "b": {
        const value = view.getUint32(take(4), littleEndian)
        return value > 1 ? malformed("b") : value === 1
      }
      case "n":
        return view.getInt16(take(2), littleEndian)
      case "q":
        return view.getUint16(take(2), littleEndian)
      case "i":
        return view.getInt32(take(4), littleEndian)
      case "u":
        return view.getUint32(take(4), littleEndian)
      case "x":
        return view.getBigInt64(take(8), littleEndian)
      case "t":
        return view.getBigUint64(take(8), littleEndian)
      case "d":
        return view.getFloat64(take(8), littleEndian)
      case "s":
        return text(view.getUint32(take(4), littleEndian))
      case "o": {
        const path = text(view.getUint32(take(4), littleEndian))
        return isObjectPath(path) ? path : malformed("object path")
      }
      case "g": {
        const signature = text(view.getUint8(take(1)))
        parse(signature)
        return signature
      }
    }
  }

  const array = (element: Type, depth: number): Value => {
    const length = view.getUint32(take(4), littleEndian)
    align(alignmentOf(element))
    const end = at + length
    if (end > bytes.length) return malformed("array")
    if (element.code === "y") return bytes.slice(take(length), end)
    const entries: Array<[Value, Value]> = []
    const elements: Array<Value> = []
    // oxlint-disable-next-line no-unmodified-loop-condition -- reading moves on
    while (at < end) {
      align(alignmentOf(element))
      if (element.code === "{") entries.push([one(element.key, depth), one(element.value, depth)])
      else elements.push(one(element, depth))
    }
    if (at !== end) return malformed("array")
    return element.code === "{" ? new Map(entries) : elements
  }

  const variant = (depth: number): Value => {
    const signature = text(view.getUint8(take(1)))
    const [type, ...more] = parse(signature)
    if (type === undefined || more.length > 0) return malformed("variant")
    return { signature, value: one(type, depth) }
  }

  const one = (type: Type, depth: number): Value => {
    if (depth > deepest) return malformed("depth")
    align(alignmentOf(type))
    if (type.code === "a") return array(type.element, depth + 1)
    if (type.code === "v") return variant(depth + 1)
    if (type.code === "(") return type.fields.map((field) => one(field, depth + 1))
    return type.code === "{" ? malformed("dictionary entry") : basic(type.code)
  }

  return { read: (type) => one(type, 0), align, position: () => at }
}
