/**
 * A console that keeps what is written to it.
 */
import { Console, Effect } from "effect"
import type { Layer } from "effect"

const silent = () => undefined

export const make = (): { readonly lines: Array<string>; readonly layer: Layer.Layer<never> } => {
  const lines: Array<string> = []
  const write = (...parts: ReadonlyArray<unknown>) => void lines.push(parts.map(String).join(" "))
  const ignore = Effect.void
  return {
    lines,
    layer: Console.setConsole({
      [Console.TypeId]: Console.TypeId,
      assert: () => ignore,
      clear: ignore,
      count: () => ignore,
      countReset: () => ignore,
      debug: () => ignore,
      dir: () => ignore,
      dirxml: () => ignore,
      error: (...parts) => Effect.sync(() => write(...parts)),
      group: () => ignore,
      groupEnd: ignore,
      info: () => ignore,
      log: () => ignore,
      table: () => ignore,
      time: () => ignore,
      timeEnd: () => ignore,
      timeLog: () => ignore,
      trace: () => ignore,
      warn: () => ignore,
      unsafe: {
        assert: silent,
        clear: silent,
        count: silent,
        countReset: silent,
        debug: silent,
        dir: silent,
        dirxml: silent,
        error: write,
        group: silent,
        groupCollapsed: silent,
        groupEnd: silent,
        info: silent,
        log: (...parts) => write("STDOUT", ...parts),
        table: silent,
        time: silent,
        timeEnd: silent,
        timeLog: silent,
        trace: silent,
        warn: silent
      }
    })
  }
}
