/**
 * Cuts a stream of bytes into messages. Keeps no more than one message, and none above the limit.
 */
import { Either } from "effect"
import { DBusMalformed } from "./DBusFailure.ts"
import * as Message from "./Message.ts"

const headerLength = 16

/** Each chunk gives the messages that it completes. After a failure the stream is not to be read on. */
export const make = (limit: number) => {
  let chunks: Array<Uint8Array> = []
  let kept = 0
  let needed = headerLength

  return (chunk: Uint8Array): Either.Either<ReadonlyArray<Uint8Array>, DBusMalformed> => {
    chunks.push(chunk)
    kept += chunk.length
    const messages: Array<Uint8Array> = []
    while (kept >= needed) {
      const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, kept)
      const length = Message.lengthOf(bytes)
      if (length === undefined) return Either.left(new DBusMalformed({ what: "header" }))
      if (length > limit) return Either.left(new DBusMalformed({ what: "size" }))
      const rest = bytes.length >= length ? bytes.subarray(length) : bytes
      if (bytes.length >= length) messages.push(bytes.subarray(0, length))
      chunks = rest.length > 0 ? [rest] : []
      kept = rest.length
      needed = bytes.length >= length ? headerLength : length
    }
    return Either.right(messages)
  }
}
