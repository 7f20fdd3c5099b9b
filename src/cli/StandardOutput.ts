/**
 * What goes out on standard output: to its last byte, or a failure. Node's own streams take a write to a file that the
 * disk cut short for a whole one.
 */
import { Effect } from "effect"
import * as fs from "node:fs"
import { CommandFailed } from "./CommandFailed.ts"

interface WriteError {
  readonly code?: string | undefined
}

/** Writes from `offset` on, as much as the system takes at once. */
export type WriteSome = (
  bytes: Uint8Array,
  offset: number,
  done: (error: WriteError | null | undefined, written: number) => void
) => void

/** Output that failed. A reader that went away (`| head`) is no failure. */
export const isUnread = ({ code }: WriteError): boolean => code === "EPIPE"

export const unwritable = ({ code = "unknown" }: WriteError): CommandFailed =>
  new CommandFailed({
    reason: `The output cannot be written (${code})`,
    next: "Look at the disk or device that it goes to, and run the command again."
  })

type Part = { readonly written: number } | { readonly error: WriteError }

export const writeWith = (writeSome: WriteSome) => (text: string): Effect.Effect<boolean, CommandFailed> =>
  Effect.gen(function*() {
    const bytes = Buffer.from(text)
    let offset = 0
    while (offset < bytes.length) {
      const part = yield* Effect.async<Part>((resume) =>
        writeSome(
          bytes,
          offset,
          (error, written) => resume(Effect.succeed(error === null || error === undefined ? { written } : { error }))
        )
      )
      if ("written" in part) offset += part.written
      // A pipe is full until its reader goes on.
      else if (part.error.code === "EAGAIN") yield* Effect.sleep("10 millis")
      else return isUnread(part.error) ? false : yield* unwritable(part.error)
    }
    return true
  })

/** Consoles of Windows take text from Node's stream only. */
const toTerminal: WriteSome = (bytes, offset, done) => {
  process.stdout.write(
    bytes.subarray(offset),
    (error?: NodeJS.ErrnoException | null) => done(error, bytes.length - offset)
  )
}

/** Byte for byte. Gives whether there was somebody to read it to the end. */
export const write = (text: string): Effect.Effect<boolean, CommandFailed> =>
  Effect.suspend(() =>
    writeWith(
      process.stdout.isTTY ? toTerminal : (bytes, offset, done) => fs.write(process.stdout.fd, bytes, offset, done)
    )(text)
  )

interface FileStream {
  readonly fd: number
  readonly emit: (event: "error", error: unknown) => unknown
}

/** Lines for a stream that goes to a file. What cannot be written is an error of the stream. */
export const ofFile = (
  stream: FileStream,
  writeSome = (bytes: Uint8Array, offset: number) => fs.writeSync(stream.fd, bytes, offset)
) => ({
  write: (text: string): void => {
    const bytes = Buffer.from(text)
    try {
      for (let offset = 0; offset < bytes.length;) offset += writeSome(bytes, offset)
    } catch (error) {
      stream.emit("error", error)
    }
  }
})

const isFile = (fd: number) => {
  try {
    return fs.fstatSync(fd).isFile()
  } catch {
    return false
  }
}

/** The stream itself, but for one that goes to a file. */
export const lines = (stream: NodeJS.WriteStream & FileStream) => isFile(stream.fd) ? ofFile(stream) : stream
