/**
 * Marshalling, little-endian.
 */
import { DBusMalformed } from "./DBusFailure.ts"
import { alignmentOf, parse } from "./Signature.ts"
import type { BasicCode, Type } from "./Signature.ts"
import { isObjectPath } from "./Value.ts"
import type { Value, Variant } from "./Value.ts"

const malformed = (what: string): never => {
  throw new DBusMalformed({ what })
}

const isVariant = (value: Value): value is Variant => typeof value === "object" && "signature" in value

const ranges = {
  y: [0, 0xff],
  n: [-0x8000, 0x7fff],
  q: [0, 0xffff],
  i: [-0x8000_0000, 0x7fff_ffff],
  u: [0, 0xffff_ffff]
} as const

const isIntegerCode = (code: BasicCode): code is keyof typeof ranges => code in ranges

export interface Writer {
  /** Throws `DBusMalformed` for a value that is not of the type. */
  readonly write: (type: Type, value: Value) => void
  readonly align: (to: number) => void
  /** What was written. The buffer is the writer's own: write no more. */
  readonly bytes: () => Buffer
}

export const make = (): Writer => {
  let buffer = Buffer.alloc(256)
  let end = 0

  /** Room for `size` more bytes, all zero; answers where they begin. It can move the buffer: read that afterwards. */
  const reserve = (size: number) => {
    const at = end
    end += size
    if (end > buffer.length) {
      const larger = Buffer.alloc(Math.max(end, buffer.length * 2))
      buffer.copy(larger)
      buffer = larger
    }
    return at
  }

  const align = (to: number) => void reserve((to - (end % to)) % to)

  const text = (value: Value, lengthBytes: 1 | 4) => {
    if (typeof value !== "string" || /\0|\p{Surrogate}/u.test(value)) return malformed("string")
    const bytes = Buffer.from(value, "utf8")
    const at = reserve(lengthBytes + bytes.length + 1)
    buffer.writeUIntLE(bytes.length, at, lengthBytes)
    bytes.copy(buffer, at + lengthBytes)
  }

  const integer = (code: keyof typeof ranges, value: Value) => {
    const [least, most] = ranges[code]
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) return malformed(code)
    const size = alignmentOf({ code })
    const at = reserve(size)
    if (least < 0) buffer.writeIntLE(value, at, size)
    else buffer.writeUIntLE(value, at, size)
  }

  const wide = (code: "x" | "t", value: Value) => {
    if (typeof value !== "bigint") return malformed(code)
    if (value !== (code === "x" ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value))) return malformed(code)
    const at = reserve(8)
    buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at)
  }

  const double = (value: Value) => {
    if (typeof value !== "number") return malformed("d")
    const at = reserve(8)
    buffer.writeDoubleLE(value, at)
  }

  const basic = (code: BasicCode, value: Value) => {
    if (isIntegerCode(code)) return integer(code, value)
    if (code === "x" || code === "t") return wide(code, value)
    if (code === "b") return typeof value === "boolean" ? integer("u", Number(value)) : malformed("b")
    if (code === "d") return double(value)
    if (code === "g") {
      if (typeof value === "string") parse(value)
      return text(value, 1)
    }
    return code === "o" && !isObjectPath(String(value)) ? malformed("object path") : text(value, 4)
  }

  const elements = (element: Type, value: Value): void => {
    if (element.code === "y" && value instanceof Uint8Array) {
      const at = reserve(value.length)
      buffer.set(value, at)
    } else if (element.code === "{" && value instanceof Map) {
      for (const [key, each] of value as ReadonlyMap<Value, Value>) {
        align(8)
        write(element.key, key)
        write(element.value, each)
      }
    } else if (element.code !== "{" && Array.isArray(value)) {
      for (const each of value as ReadonlyArray<Value>) write(element, each)
    } else {
      malformed("array")
    }
  }

  const write = (type: Type, value: Value): void => {
    align(alignmentOf(type))
    if (type.code === "a") {
      const lengthAt = reserve(4)
      align(alignmentOf(type.element))
      const start = end
      elements(type.element, value)
      buffer.writeUInt32LE(end - start, lengthAt)
    } else if (type.code === "(") {
      if (!Array.isArray(value) || value.length !== type.fields.length) return malformed("struct")
      for (const [index, field] of type.fields.entries()) write(field, value[index] as Value)
    } else if (type.code === "v") {
      if (!isVariant(value)) return malformed("variant")
      const [inner, ...more] = parse(value.signature)
      if (inner === undefined || more.length > 0) return malformed("variant")
      text(value.signature, 1)
      write(inner, value.value)
    } else if (type.code === "{") {
      malformed("dictionary entry")
    } else {
      basic(type.code, value)
    }
  }

  return { write, align, bytes: () => buffer.subarray(0, end) }
}
