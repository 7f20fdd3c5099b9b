import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as SseParser from "../../../../src/infrastructure/services/push/SseParser.ts"

const parse = (...pieces: ReadonlyArray<string>) => {
  const push = SseParser.make()
  return pieces.flatMap((piece) => push(piece))
}

const event = (data: string, id = "", type = "message") => ({ id, type, data })

describe("SseParser", () => {
  it("reads the examples of the standard", () => {
    assert.deepStrictEqual(
      parse("data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\n"),
      [event("This is the first message."), event("This is the second message, it\nhas two lines.")]
    )
    assert.deepStrictEqual(parse("event: add\ndata: 73857293\n\n"), [event("73857293", "", "add")])
    assert.deepStrictEqual(parse("data: YHOO\ndata: +2\ndata: 10\n\n"), [event("YHOO\n+2\n10")])
    assert.deepStrictEqual(
      parse(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
      [event("first event", "1"), event("second event", ""), event(" third event", "")]
    )
    assert.deepStrictEqual(parse("data\n\ndata\ndata\n\ndata:"), [event(""), event("\n")])
    assert.deepStrictEqual(parse("data:test\n\ndata: test\n\n"), [event("test"), event("test")])
  })

  it("keeps the last id until another comes, and ignores one with a null", () => {
    assert.deepStrictEqual(parse("id: 7\ndata: a\n\ndata: b\n\nid: 8\u0000\ndata: c\n\n"), [
      event("a", "7"),
      event("b", "7"),
      event("c", "7")
    ])
  })

  it("ignores a byte order mark, unknown fields, events without data and an unfinished end", () => {
    assert.deepStrictEqual(parse("\uFEFFdata: a\nfoo: bar\nretry: 10\n\nevent: x\n\ndata: lost\n"), [event("a")])
  })

  it("takes carriage return, line feed and both for the end of a line", () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      assert.deepStrictEqual(parse(["data: a", "data: b", "", ""].join(end), "data: c", end, end, ":"), [
        event("a\nb"),
        event("c")
      ])
    }
  })

  it("delivers an event that is too large without its data, and what follows it whole", () => {
    const long = "x".repeat(SseParser.maxDataLength + 100)
    assert.deepStrictEqual(parse(`id: 1\ndata: ${long}\n\ndata: small\n\n`), [event("", "1"), event("small", "1")])
    const lines = `data: ${"x".repeat(1000)}\n`.repeat(1100)
    assert.deepStrictEqual(parse(`${lines}\ndata: small\n\n`), [event(""), event("small")])
  })

  it("reads the same events wherever the stream is cut", () => {
    const line = FastCheck.oneof(
      FastCheck.constantFrom("", "", "data", "data: x", "data:y", ": comment", "id: 1", "id", "event: e", "da: z"),
      FastCheck.string({ maxLength: 5 })
    )
    const stream = FastCheck.array(FastCheck.tuple(line, FastCheck.constantFrom("\n", "\r", "\r\n")), { maxLength: 30 })
    FastCheck.assert(
      FastCheck.property(stream, FastCheck.array(FastCheck.nat(200)), (lines, cuts) => {
        const text = lines.map((each) => each.join("")).join("")
        const at = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length]
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end))
        assert.deepStrictEqual(parse(...pieces), parse(text))
        assert.deepStrictEqual(parse(...text), parse(text))
      })
    )
  })
})
