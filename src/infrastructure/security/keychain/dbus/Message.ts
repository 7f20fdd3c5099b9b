/**
 * Messages: a header of numbered fields, then a body described by a signature.
 */
import { Either } from "effect"
import { DBusMalformed } from "./DBusFailure.ts"
import * as Reader from "./Reader.ts"
import { parse } from "./Signature.ts"
import type { Value } from "./Value.ts"
import * as Writer from "./Writer.ts"

export type MessageType = "call" | "return" | "error" | "signal"

export interface Message {
  readonly type: MessageType
  readonly serial: number
  readonly path?: string
  readonly interface?: string
  readonly member?: string
  readonly errorName?: string
  readonly replySerial?: number
  readonly destination?: string
  readonly sender?: string
  readonly signature: string
  readonly body: ReadonlyArray<Value>
}

const types = ["call", "return", "error", "signal"] as const

/** In the order of their codes, from 1. */
const fields = [
  ["path", "o"],
  ["interface", "s"],
  ["member", "s"],
  ["errorName", "s"],
  ["replySerial", "u"],
  ["destination", "s"],
  ["sender", "s"],
  ["signature", "g"]
] as const

const required: Readonly<Record<MessageType, ReadonlyArray<(typeof fields)[number][0]>>> = {
  call: ["path", "member"],
  return: ["replySerial"],
  error: ["errorName", "replySerial"],
  signal: ["path", "interface", "member"]
}

const [head, fieldArray] = [parse("yyyyuu"), parse("a(yv)")]

const orMalformed = (error: unknown) => error instanceof DBusMalformed ? error : new DBusMalformed({ what: "message" })

/** The bytes of a message, or why its values cannot be sent. */
export const encode = (message: Message): Either.Either<Buffer, DBusMalformed> =>
  Either.try({
    try: () => {
      const body = Writer.make()
      const bodyTypes = parse(message.signature)
      if (bodyTypes.length !== message.body.length) throw new DBusMalformed({ what: "body" })
      for (const [index, type] of bodyTypes.entries()) body.write(type, message.body[index] as Value)
      const header = Writer.make()
      const noReply = message.type === "call" ? 0 : 1
      const start = [0x6c, types.indexOf(message.type) + 1, noReply, 1, body.bytes().length, message.serial]
      for (const [index, type] of head.entries()) header.write(type, start[index] as Value)
      const present = fields.flatMap(([name, signature], index): ReadonlyArray<Value> => {
        const value = message[name]
        return value === undefined || value === "" ? [] : [[index + 1, { signature, value }]]
      })
      for (const type of fieldArray) header.write(type, present)
      header.align(8)
      return Buffer.concat([header.bytes(), body.bytes()])
    },
    catch: orMalformed
  })

/** How many bytes the message takes whose first 16 bytes these are; `undefined` when they start none. */
export const lengthOf = (bytes: Uint8Array): number | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const order = bytes[0]
  if ((order !== 0x6c && order !== 0x42) || bytes[3] !== 1) return undefined
  const fieldsEnd = 16 + view.getUint32(12, order === 0x6c)
  return fieldsEnd + ((8 - (fieldsEnd % 8)) % 8) + view.getUint32(4, order === 0x6c)
}

const fieldValues = (array: Value | undefined) => {
  const values: Record<string, Value> = {}
  for (const field of Array.isArray(array) ? array as ReadonlyArray<Value> : []) {
    const [code, variant] = field as readonly [number, { readonly signature: string; readonly value: Value }]
    const known = fields[code - 1]
    // A field of a later version of the protocol is to be ignored.
    if (known === undefined) continue
    if (variant.signature !== known[1]) throw new DBusMalformed({ what: "header field" })
    values[known[0]] = variant.value
  }
  return values
}

/** A whole message; `undefined` for a type of a later version, which is to be ignored. */
export const decode = (bytes: Uint8Array): Either.Either<Message | undefined, DBusMalformed> =>
  Either.try({
    try: () => {
      const reader = Reader.make(bytes, bytes[0] === 0x6c)
      const [, code, , , bodyLength, serial] = head.map(reader.read)
      const values = fieldValues(fieldArray.map(reader.read)[0])
      reader.align(8)
      const type = types[Number(code) - 1]
      if (serial === 0 || code === 0) throw new DBusMalformed({ what: "header" })
      if (type === undefined) return undefined
      if (required[type].some((name) => values[name] === undefined)) throw new DBusMalformed({ what: "header" })
      const bodyStart = reader.position()
      const signature = String(values["signature"] ?? "")
      // Aligned to 8 like the message itself, so offsets inside the body can count from its own start.
      const bodyReader = Reader.make(bytes.subarray(bodyStart), bytes[0] === 0x6c)
      const body = parse(signature).map(bodyReader.read)
      if (bodyReader.position() !== bodyLength) throw new DBusMalformed({ what: "body" })
      return { ...values, type, serial: Number(serial), signature, body }
    },
    catch: orMalformed
  })
