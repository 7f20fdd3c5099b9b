import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { EventEmitter } from "node:events"
import * as StandardOutput from "../../src/cli/StandardOutput.ts"

const failing = (code: string) => Object.assign(new Error(code), { code })

/** Takes what each step says, a number of bytes or a failure; then everything. */
const sink = (...steps: Array<number | string>) => {
  const taken: Array<Uint8Array> = []
  const writeSome: StandardOutput.WriteSome = (bytes, offset, done) => {
    const step = steps.shift() ?? bytes.length
    if (typeof step === "string") return done(failing(step), 0)
    const part = bytes.subarray(offset, offset + step)
    taken.push(part)
    done(null, part.length)
  }
  return { writeSome, text: () => Buffer.concat(taken).toString() }
}

describe("StandardOutput", () => {
  it.effect("writes on where the system took a part only", () =>
    Effect.gen(function*() {
      const { text, writeSome } = sink(1, 2)
      assert.isTrue(yield* StandardOutput.writeWith(writeSome)("ä secret"))
      assert.strictEqual(text(), "ä secret")
    }))

  it.effect("fails when the disk is full, also half way", () =>
    Effect.gen(function*() {
      for (const steps of [["ENOSPC"], [3, "ENOSPC"]]) {
        const { message } = yield* Effect.flip(StandardOutput.writeWith(sink(...steps).writeSome)("secret"))
        assert.include(message, "ENOSPC")
        assert.notInclude(message, "secret")
      }
    }))

  it.effect("tells that whoever read it went away", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* StandardOutput.writeWith(sink(3, "EPIPE").writeSome)("secret"))
    }))

  it.effect("waits for a reader that is slow", () =>
    Effect.gen(function*() {
      const { text, writeSome } = sink(3, "EAGAIN")
      const writing = yield* Effect.fork(StandardOutput.writeWith(writeSome)("secret"))
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* Fiber.join(writing))
      assert.strictEqual(text(), "secret")
    }))

  it("gives the lines for a file whole, or tells the stream's listeners why not", () => {
    const errors: Array<string> = []
    const stream = Object.assign(new EventEmitter(), { fd: -1 })
    stream.on("error", ({ code }: { readonly code: string }) => errors.push(code))
    const parts: Array<string> = []
    const limit = { left: 5 }
    const lines = StandardOutput.ofFile(stream, (bytes, offset) => {
      if (limit.left === 0) throw failing("ENOSPC")
      const part = bytes.subarray(offset, offset + Math.min(2, limit.left))
      limit.left -= part.length
      parts.push(Buffer.from(part).toString())
      return part.length
    })
    lines.write("abc")
    assert.deepStrictEqual([parts.join(""), errors], ["abc", []])
    lines.write("def")
    assert.deepStrictEqual([parts.join(""), errors], ["abcde", ["ENOSPC"]])
  })
})
