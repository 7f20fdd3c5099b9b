/**
 * Cuts a stream of chunks of any size into blocks of fixed sizes, in one buffer of one block.
 */

export interface BlockCutter {
  /** What arrived. Everything fed before has to be taken out with `next` first. */
  readonly feed: (chunks: ReadonlyArray<Uint8Array>) => void

  /** A block after which at least one byte more was fed. Valid until the next call. */
  readonly next: () => Uint8Array | undefined

  /** What was fed and is in no block yet: the last block, once nothing more comes. */
  readonly rest: () => Uint8Array

  /** What was fed and not looked at yet. */
  readonly unread: () => ReadonlyArray<Uint8Array>

  /** Overwrites the buffer. */
  readonly wipe: () => void
}

/** Sizes in bytes: the first block may have another one than those that follow. */
export const make = (following: number, first: number = following): BlockCutter => {
  const capacity = Math.max(first, following)
  let buffer: Uint8Array | undefined
  let used = 0
  let size = first
  let filled = 0
  let chunks: ReadonlyArray<Uint8Array> = []
  let at = 0
  let offset = 0

  const given = (block: Uint8Array) => {
    size = following
    return block
  }

  const append = (chunk: Uint8Array) => {
    buffer ??= Buffer.allocUnsafeSlow(capacity)
    const taken = Math.min(size - filled, chunk.length - offset)
    buffer.set(chunk.subarray(offset, offset + taken), filled)
    filled += taken
    used = Math.max(used, filled)
    offset += taken
  }

  return {
    feed: (fed) => {
      chunks = fed
      at = 0
      offset = 0
    },

    next: () => {
      for (let chunk = chunks[at]; chunk !== undefined; chunk = chunks[at]) {
        if (offset === chunk.length) {
          at += 1
          offset = 0
        } else if (buffer !== undefined && filled === size) {
          filled = 0
          return given(buffer.subarray(0, size))
        } else if (filled === 0 && chunk.length - offset > size) {
          offset += size
          return given(chunk.subarray(offset - size, offset))
        } else {
          append(chunk)
        }
      }
      return undefined
    },

    rest: () => buffer === undefined ? new Uint8Array(0) : buffer.subarray(0, filled),

    unread: () => {
      const [chunk, ...others] = chunks.slice(at)
      return chunk === undefined ? [] : [chunk.subarray(offset), ...others]
    },

    wipe: () => void buffer?.fill(0, 0, used)
  }
}
