/**
 * The console of a process: styles only where a person sees them, nothing but data on standard output, and no crash
 * when the reader of a pipe goes away.
 */
import { Console, Effect } from "effect"
import { stripStyles } from "./Output.ts"

/** Where lines go. */
export interface Stream {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
  readonly hasColors?: () => boolean
}

const styled = (stream: Stream) => stream.isTTY === true && stream.hasColors?.() === true

const nothing = () => Effect.void

/** `rewrite` may change what goes to standard output, such as a library's help text. */
export const make = (
  stdout: Stream,
  stderr: Stream,
  rewrite: (text: string) => string = (text) => text
): Console.Console => {
  const writer = (stream: Stream) => (...parts: ReadonlyArray<unknown>) =>
    Effect.sync(() => {
      const text = rewrite(parts.map(String).join(" "))
      stream.write(`${styled(stream) ? text : stripStyles(text)}\n`)
    })
  const out = writer(stdout)
  const error = writer(stderr)
  return {
    [Console.TypeId]: Console.TypeId,
    assert: nothing,
    clear: Effect.void,
    count: nothing,
    countReset: nothing,
    debug: error,
    dir: error,
    dirxml: error,
    error,
    group: nothing,
    groupEnd: Effect.void,
    info: error,
    log: out,
    table: error,
    time: nothing,
    timeEnd: nothing,
    timeLog: nothing,
    trace: error,
    warn: error,
    unsafe: globalThis.console
  }
}
