import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"
import * as EnvFile from "../../../../src/infrastructure/config/env/EnvFile.ts"

const entries = (text: string) => Object.fromEntries(Either.getOrThrow(EnvFile.parse(text)))

const place = (text: string) =>
  Either.match(EnvFile.parse(text), {
    onLeft: ({ column, line }) => `${line}:${column}`,
    onRight: () => "accepted"
  })

describe("env files", () => {
  it("hold names, quoted and unquoted values, comments and several lines", () => {
    assert.deepStrictEqual(
      entries(
        "\uFEFF# first\r\nA=1\r\n  export B = two words # why\r\nC=\"x\r\ny\"\nD='#'\n\nE=`\"'` # e\nF=a=b\nG=http://h/p"
      ),
      { A: "1", B: "two words", C: "x\ny", D: "#", E: "\"'", F: "a=b", G: "http://h/p" }
    )
  })

  it("leave empty values unset", () => {
    assert.deepStrictEqual(entries("A=\nB=\"\"\nC=''\nD= # nothing\nE=1"), { E: "1" })
  })

  it("are refused where a line is no assignment", () => {
    assert.strictEqual(place("A=1\nSTRATA_PASSWORD: hunter2"), "2:1")
    assert.strictEqual(place("A=1\n\nhunter2\nB=2"), "3:1")
    assert.strictEqual(place("1A=1"), "1:1")
  })

  it("are refused where a quote is not closed or something follows it", () => {
    assert.strictEqual(place("A=1\nB=\"hunter2\nC=3"), "2:1")
    assert.strictEqual(place("A='a'b"), "1:1")
    assert.strictEqual(place("A=\"a\" # comment"), "accepted")
  })

  it("are refused where an unquoted # would shorten a value", () => {
    assert.strictEqual(place("STRATA_PASSWORD=hun#ter2"), "1:1")
    assert.strictEqual(place("STRATA_PASSWORD=#hunter2"), "1:1")
    assert.strictEqual(place("STRATA_PASSWORD='hun#ter2'"), "accepted")
  })

  it("give back every value that was written in quotes", () => {
    const name = FastCheck.stringMatching(/^[A-Z_][A-Z0-9_]{0,12}$/)
    const value = FastCheck.string({ minLength: 1 }).filter((text) => !/['\r]/.test(text))
    FastCheck.assert(FastCheck.property(FastCheck.dictionary(name, value, { noNullPrototype: true }), (record) => {
      const text = Object.entries(record).map(([key, one]) => `${key}='${one}'`).join("\n")
      assert.deepStrictEqual(entries(text), record)
    }))
  })

  it("give back unquoted values whole or not at all", () => {
    const value = FastCheck.string({ unit: "grapheme-ascii", minLength: 1 }).filter((text) => text.trim() === text)
    FastCheck.assert(FastCheck.property(value, (text) => {
      const parsed = EnvFile.parse(`KEY=${text}\nNEXT=1`)
      if (Either.isRight(parsed) && !/^["'`]|\s#/.test(text)) {
        assert.deepStrictEqual(Object.fromEntries(parsed.right), { KEY: text, NEXT: "1" })
      }
    }))
  })
})
