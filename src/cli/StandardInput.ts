/**
 * What comes in on standard input.
 */
import { Effect } from "effect"
import { CommandFailed } from "./CommandFailed.ts"

/** Most that is read, in bytes: a little more than the longest note can have. */
const limit = 4_100_000

/** Whether a person sits at the other end. */
export const isTyped = Effect.sync(() => process.stdin.isTTY === true)

/** Bytes that are no UTF-8 are refused: what would stand in their place is not what was given. */
export const decode = (bytes: Uint8Array): Effect.Effect<string, CommandFailed> =>
  Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    catch: () =>
      new CommandFailed({
        reason: "Standard input is not UTF-8 text",
        next: "Other bytes have to be written as text first, with base64 for example."
      })
  })

/** Everything until the end of input, as UTF-8. Interruption closes the input: a read from it cannot be called back. */
export const read = Effect.async<string, CommandFailed>((resume) => {
  const { stdin } = process
  const chunks: Array<Buffer> = []
  let length = 0
  const stop = () => {
    stdin.off("data", onData).off("end", onEnd).off("error", onError)
  }
  const finish = (result: Effect.Effect<string, CommandFailed>) => {
    stop()
    resume(result)
  }
  const onData = (chunk: Buffer) => {
    length += chunk.length
    chunks.push(chunk)
    if (length > limit) {
      stdin.destroy()
      finish(
        new CommandFailed({
          reason: "Standard input is too long",
          next: "At most 4 MB are read."
        })
      )
    }
  }
  const onEnd = () => finish(decode(Buffer.concat(chunks)))
  const onError = () => finish(new CommandFailed({ reason: "Standard input cannot be read", next: "" }))
  stdin.on("data", onData).on("end", onEnd).on("error", onError)
  return Effect.sync(() => {
    stop()
    stdin.destroy()
  })
})
