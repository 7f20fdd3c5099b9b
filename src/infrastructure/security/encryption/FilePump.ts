/**
 * Moves a file through a transformation, block by block: while one is transformed, the next is read and the one before
 * is written.
 */
import { Effect } from "effect"
import type { Either } from "effect"
import type { FileHandle } from "node:fs/promises"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { attempt, readFully, writeFully } from "./FileAccess.ts"

export interface Options<E> {
  readonly source: FileHandle
  readonly target: FileHandle

  /** Sizes of blocks in bytes; only the last one may be shorter. */
  readonly first: number
  readonly following: number

  /** `block` is valid until it returns. Called once for an empty file. */
  readonly transform: (index: number, last: boolean, block: Uint8Array) => Either.Either<ReadonlyArray<Uint8Array>, E>
}

/** Whoever waits for it sees it fail; that nobody waits any more is no reason for Node to end the program. */
const noticed = <A>(promise: Promise<A>) => {
  promise.catch(() => undefined)
  return promise
}

/** Until a read has ended, however it does, it fills its buffer. */
const settled = (read: Promise<Uint8Array>) => Effect.ignore(attempt("source file", "read", () => read))

export const run = <E>(
  { first, following, source, target, transform }: Options<E>
): Effect.Effect<void, E | StorageFailure> =>
  Effect.suspend(() => {
    const buffers = Array.from({ length: 3 }, () => Buffer.allocUnsafeSlow(Math.max(first, following)))
    let position = 0

    const startRead = (index: number) => {
      const size = index === 0 ? first : following
      const buffer = (buffers[index % buffers.length] ?? Buffer.alloc(0)).subarray(0, size)
      position += size
      return noticed(readFully(source, buffer, position - size))
    }

    let current = startRead(0)
    let next = startRead(1)
    let writing = Promise.resolve()

    const step = (index: number) =>
      Effect.gen(function*() {
        const block = yield* attempt("source file", "read", () => current)
        const ahead = yield* attempt("source file", "read", () => next)
        // A file that grows meanwhile is taken as it was.
        const last = ahead.length === 0 || block.length < (index === 0 ? first : following)
        current = next
        if (!last) next = startRead(index + 2)
        const pieces = yield* transform(index, last, block)
        yield* attempt("target file", "write", () => writing)
        writing = noticed(writeFully(target, pieces))
        return last ? undefined : index + 1
      })

    return Effect.iterate(0 as number | undefined, {
      while: (index) => index !== undefined,
      body: (index = 0) => step(index)
    }).pipe(
      Effect.zipRight(attempt("target file", "write", () => writing)),
      Effect.ensuring(Effect.zipRight(
        Effect.suspend(() => Effect.all([settled(current), settled(next)], { discard: true })),
        Effect.sync(() => {
          for (const buffer of buffers) buffer.fill(0)
        })
      ))
    )
  })
