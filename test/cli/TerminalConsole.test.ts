import { assert, describe, it } from "@effect/vitest"
import { Console, Effect } from "effect"
import * as Output from "../../src/cli/Output.ts"
import * as TerminalConsole from "../../src/cli/TerminalConsole.ts"

const stream = (colors: boolean) => {
  const written: Array<string> = []
  return { written, write: (text: string) => written.push(text), isTTY: colors, hasColors: () => colors }
}

describe("TerminalConsole", () => {
  it.effect("strips styles where there are no colours, and keeps them on a terminal", () =>
    Effect.gen(function*() {
      const pipe = stream(false)
      const terminal = stream(true)
      yield* Effect.withConsole(Console.log(Output.red("x")), TerminalConsole.make(pipe, stream(false)))
      yield* Effect.withConsole(Console.log(Output.red("x")), TerminalConsole.make(terminal, stream(true)))
      assert.deepStrictEqual(pipe.written, ["x\n"])
      assert.deepStrictEqual(terminal.written, [`${Output.red("x")}\n`])
    }))

  it.effect("sends everything but data to standard error", () =>
    Effect.gen(function*() {
      const out = stream(false)
      const error = stream(false)
      const lines = Effect.all([
        Console.log("data"),
        Console.error("e"),
        Console.warn("w"),
        Console.info("i"),
        Console.debug("d")
      ])
      yield* Effect.withConsole(lines, TerminalConsole.make(out, error))
      assert.deepStrictEqual(out.written, ["data\n"])
      assert.deepStrictEqual(error.written, ["e\n", "w\n", "i\n", "d\n"])
    }))
})
