import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as StandardInput from "../../src/cli/StandardInput.ts"

describe("StandardInput", () => {
  it.effect("is taken as it is, with the mark that some systems put first", () =>
    Effect.gen(function*() {
      const text = "\uFEFFein Geheimnis \u{1F5DD}\r\n\0"
      assert.strictEqual(yield* StandardInput.decode(Buffer.from(text)), text)
    }))

  it.effect("is refused when it is no text, rather than changed", () =>
    Effect.gen(function*() {
      for (const bytes of [[0x61, 0xff, 0x62], [0xc3], [0xed, 0xa0, 0x80]]) {
        const { next, reason } = yield* Effect.flip(StandardInput.decode(Uint8Array.from(bytes)))
        assert.include(reason, "UTF-8")
        assert.include(next, "base64")
      }
    }))
})
