/**
 * Memory for sealed boxes. Getting memory of its own costs a small box a tenth of its sealing, so small ones share pieces
 * of 8 KiB, as Node's own buffers do; unlike those, with other sealed boxes only and never with plaintext.
 */
import { markAsUntransferable } from "node:worker_threads"

const pieceLength = 8192

let piece = new Uint8Array(0)
let used = 0

/** Not zeroed: the caller fills all of it. */
export const allocate = (length: number): Uint8Array => {
  if (length > pieceLength / 2) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  if (used + length > piece.length) {
    piece = new Uint8Array(pieceLength)
    // Transferring one box to another thread would take the others along.
    markAsUntransferable(piece.buffer)
    used = 0
  }
  return piece.subarray(used, used += length)
}
