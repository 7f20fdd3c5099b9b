/**
 * Reads any part of a sealed file at the cost of the segments it touches.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { tagLength } from "./AesGcmHkdfStreaming.ts"
import type { Keyset } from "./Keyset.ts"
import * as SealedFile from "./SealedFile.ts"
import type { SealedFileFailure } from "./SealedFile.ts"

export interface SeekableFile {
  /** Of the plaintext, in bytes. Proved: the file is neither cut nor extended. */
  readonly length: number

  /**
   * `length` bytes from `offset` on, fewer where the file ends. Each segment touched is authenticated first, the others
   * are not looked at. Calls may run at once.
   */
  readonly readAt: (offset: number, length: number) => Effect.Effect<Uint8Array, SealedFileFailure>
}

const whole = (value: number) => Number.isSafeInteger(value) && value >= 0

/** The file stays open, and the segment read last in memory, until the scope closes. */
export const open = (
  keyset: Keyset<"StreamingAead">,
  path: string,
  associatedData: Uint8Array
): Effect.Effect<SeekableFile, SealedFileFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const file = yield* SealedFile.open(keyset, path, associatedData)
    const capacity = file.segments.segmentSize - tagLength
    const headerLength = file.segments.header.length
    let spare: Uint8Array | undefined
    let recent: { readonly index: number; readonly plaintext: Uint8Array } | undefined
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        recent?.plaintext.fill(0)
        recent = undefined
      })
    )

    const segment = (index: number) =>
      Effect.suspend(() => {
        if (recent?.index === index) return Effect.succeed(recent.plaintext)
        const buffer = spare ?? Buffer.allocUnsafeSlow(file.segments.segmentSize)
        spare = undefined
        return Effect.map(file.read(index, buffer), (plaintext) => {
          spare = buffer
          recent = { index, plaintext }
          return plaintext
        })
      })

    const readAt = (offset: number, length: number) =>
      Effect.gen(function*() {
        const end = Math.min(offset + length, file.length)
        const output = new Uint8Array(Math.max(0, end - offset))
        for (let filled = 0; filled < output.length;) {
          // As if the plaintext started with the header: then all segments are of one size.
          const at = offset + filled + headerLength
          const index = Math.floor(at / capacity)
          const plaintext = yield* segment(index)
          const from = index === 0 ? at - headerLength : at - index * capacity
          const part = plaintext.subarray(from, from + output.length - filled)
          output.set(part, filled)
          filled += part.length
        }
        return output
      })

    return {
      length: file.length,
      readAt: (offset, length) =>
        whole(offset) && whole(length)
          ? readAt(offset, length)
          : Effect.dieMessage("readAt takes an offset and a length that are whole and not negative")
    }
  })
