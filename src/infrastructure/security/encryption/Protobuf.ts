/**
 * The little of protobuf's binary encoding that Tink's key messages need: varints up to 32 bits and length-delimited
 * fields.
 */
import { Option } from "effect"

const varint = 0
const delimited = 2

export type Field = readonly [number: number, value: number | string | Uint8Array]

const writeVarint = (value: number, into: Array<number>) => {
  let rest = value >>> 0
  while (rest > 0x7f) {
    into.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  into.push(rest)
}

/** A message. As in proto3, fields with the default value are left out. */
export const encode = (fields: Iterable<Field>): Uint8Array => {
  const parts: Array<Uint8Array> = []
  for (const [number, value] of fields) {
    const head: Array<number> = []
    if (typeof value === "number") {
      if (value === 0) continue
      writeVarint(number * 8 + varint, head)
      writeVarint(value, head)
      parts.push(Uint8Array.from(head))
    } else {
      const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value
      if (bytes.length === 0) continue
      writeVarint(number * 8 + delimited, head)
      writeVarint(bytes.length, head)
      parts.push(Uint8Array.from(head), bytes)
    }
  }
  return new Uint8Array(Buffer.concat(parts))
}

/** An embedded message, which is present even when empty. */
export const message = (number: number, fields: Iterable<Field>): Field => [number, encode(fields)]

/** The fields of a message, each with everything that was written for it. */
export class Message {
  readonly #fields: ReadonlyMap<number, ReadonlyArray<number | Uint8Array>>

  constructor(fields: ReadonlyMap<number, ReadonlyArray<number | Uint8Array>>) {
    this.#fields = fields
  }

  /** 0 when absent; the last one when there are several; -1, which no field of ours may be, for one of another type. */
  integer(number: number): number {
    const value = this.#fields.get(number)?.at(-1) ?? 0
    return typeof value === "number" ? value : -1
  }

  /** Empty when absent or of another type. */
  bytes(number: number): Uint8Array {
    const value = this.#fields.get(number)?.at(-1)
    return value instanceof Uint8Array ? value : new Uint8Array(0)
  }

  text(number: number): string {
    return Buffer.from(this.bytes(number)).toString("utf8")
  }

  message(number: number): Option.Option<Message> {
    return decode(this.bytes(number))
  }

  /** Every message of a repeated field; `none` when one is malformed, or when there are more than `atMost`. */
  messages(number: number, atMost: number): Option.Option<ReadonlyArray<Message>> {
    const values = this.#fields.get(number) ?? []
    if (values.length > atMost) return Option.none()
    return Option.all(values.map((value) => value instanceof Uint8Array ? decode(value) : Option.none()))
  }
}

/** `none` when malformed or with a varint of more than 32 bits. Unknown fields are skipped. */
export const decode = (input: Uint8Array): Option.Option<Message> => {
  const fields = new Map<number, Array<number | Uint8Array>>()
  let at = 0

  const readVarint = (): number => {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = input[at++]
      if (byte === undefined) return -1
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value <= 0xffff_ffff ? value : -1
    }
    return -1
  }

  while (at < input.length) {
    const tag = readVarint()
    const number = Math.floor(tag / 8)
    const value = readVarint()
    if (number < 1 || value < 0) return Option.none()
    const values = fields.get(number) ?? []
    fields.set(number, values)
    if (tag % 8 === varint) values.push(value)
    else if (tag % 8 === delimited && value <= input.length - at) values.push(input.slice(at, at += value))
    else return Option.none()
  }
  return Option.some(new Message(fields))
}
