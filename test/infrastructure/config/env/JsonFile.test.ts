import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"
import * as JsonFile from "../../../../src/infrastructure/config/env/JsonFile.ts"

const entries = (text: string) => Object.fromEntries(Either.getOrThrow(JsonFile.parse(text)))

const refusal = (text: string) =>
  Either.match(JsonFile.parse(text), {
    onLeft: ({ column, expected, line }) => `${line}:${column} ${expected}`,
    onRight: () => "accepted"
  })

describe("JSON files", () => {
  it("hold text, numbers and booleans; null and empty text leave a setting unset", () => {
    assert.deepStrictEqual(
      entries(
        "\uFEFF{ \"A\": \"x\", \"B\": 1.50,\r\n \"C\": true, \"D\": null, \"E\": \"\", \"F\": \"\\u0041\\n\" }\n"
      ),
      { A: "x", B: "1.50", C: "true", F: "A\n" }
    )
    assert.deepStrictEqual(entries("{}"), {})
  })

  it("are refused at line and column", () => {
    assert.strictEqual(refusal("{\n  \"token\": ghp_SECRET\n}"), "2:12 text, a number, true, false or null")
    assert.strictEqual(refusal("{\"A\": [\"SECRET\"]}"), "1:7 text, a number, true, false or null")
    assert.strictEqual(refusal("{\"A\": 1 \"B\": 2}"), "1:9 a comma or a closing brace")
    assert.strictEqual(refusal("{\"A\": 1,}"), "1:9 the name of a setting in double quotes")
    assert.strictEqual(refusal("{\"A\" 1}"), "1:6 a colon")
    assert.strictEqual(refusal("{\"A\": 1, \"A\": 2}"), "1:13 every setting only once")
    assert.strictEqual(refusal("{} {}"), "1:4 nothing after the object")
    assert.strictEqual(refusal(""), "1:1 one JSON object")
    assert.strictEqual(refusal("{\"A\": \"SECRET"), "1:7 text, a number, true, false or null")
  })

  it("are read like JSON.parse reads them", () => {
    const value = FastCheck.oneof(
      FastCheck.string({ minLength: 1, unit: "grapheme" }),
      FastCheck.double({ noDefaultInfinity: true, noNaN: true }).filter((number) => !Object.is(number, -0)),
      FastCheck.boolean()
    )
    const record = FastCheck.dictionary(FastCheck.string({ minLength: 1 }), value, { noNullPrototype: true })
    FastCheck.assert(FastCheck.property(record, FastCheck.constantFrom(undefined, 2, "\t"), (written, indent) => {
      const text = JSON.stringify(written, null, indent)
      const expected = Object.entries(written).map(([key, one]) => [key, String(one)])
      assert.deepStrictEqual(Array.from(Either.getOrThrow(JsonFile.parse(text))), expected)
    }))
  })

  it("are refused whenever JSON.parse refuses them", () => {
    const written = "{\"A\":\"x\\n\",\"B\":-1.5e3,\"C\":true,\"D\":null}"
    const damage = FastCheck.tuple(FastCheck.nat(written.length), FastCheck.nat(3), FastCheck.string({ maxLength: 3 }))
    let accepted = 0
    FastCheck.assert(
      FastCheck.property(damage, ([at, length, inserted]) => {
        const text = written.slice(0, at) + inserted + written.slice(at + length)
        if (Either.isRight(JsonFile.parse(text))) {
          accepted++
          assert.doesNotThrow(() => JSON.parse(text))
        }
      }),
      { numRuns: 1000 }
    )
    assert.isAbove(accepted, 0)
  })
})
