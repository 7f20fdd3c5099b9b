/**
 * What comes in on standard input.
 */
import { Effect, Stream } from "effect"
import { CommandFailed } from "./CommandFailed.ts"

/** Most that is read, in bytes: a little more than the longest note. */
const limit = 4_100_000

const unreadable = () => new CommandFailed({ reason: "Standard input cannot be read", next: "" })

/** Whether a person sits at the other end. */
export const isInteractive = Effect.sync(() => process.stdin.isTTY === true)

/** Everything until the end of input, as UTF-8. */
export const read = Stream.fromAsyncIterable(process.stdin as AsyncIterable<Uint8Array>, unreadable).pipe(
  Stream.mapAccum(0, (total, chunk) => [total + chunk.length, { chunk, total: total + chunk.length }]),
  Stream.tap(({ total }) =>
    total > limit
      ? new CommandFailed({ reason: "Standard input is too long", next: "A note holds at most 1,000,000 characters." })
      : Effect.void
  ),
  Stream.runFold([] as ReadonlyArray<Uint8Array>, (chunks, { chunk }) => [...chunks, chunk]),
  Effect.map((chunks) => Buffer.concat(chunks).toString("utf8"))
)
