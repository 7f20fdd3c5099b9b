import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration } from "effect"
import * as Output from "../../src/cli/Output.ts"
import { waterfall } from "../../src/cli/Waterfall.ts"
import { SpanRecord, Trace, TraceId, TraceSummary } from "../../src/domain/operations/TraceSummary.ts"

const span = (id: string, parentId: string | undefined, name: string, from: number, millis: number, error?: string) =>
  new SpanRecord({
    id,
    name,
    kind: "internal",
    offset: Duration.millis(from),
    duration: Duration.millis(millis),
    status: error === undefined ? "ok" : "error",
    attributes: {},
    events: [],
    ...(parentId === undefined ? {} : { parentId }),
    ...(error === undefined ? {} : { error })
  })

const trace = (spans: ReadonlyArray<SpanRecord>) =>
  new Trace({
    summary: new TraceSummary({
      id: TraceId.make("0".repeat(32)),
      name: "sync.run",
      startedAt: DateTime.unsafeMake(0),
      duration: Duration.millis(100),
      spans: spans.length,
      errors: 1
    }),
    spans
  })

describe("waterfall", () => {
  it("draws spans on the trace's time axis, children indented", () => {
    const lines = waterfall(trace([
      span("a", undefined, "sync.run", 0, 100),
      span("b", "a", "POST /v2/notes/mutations", 25, 50, "Unavailable: \u001b[2Jnot able to answer")
    ])).map(Output.stripStyles)
    assert.deepStrictEqual(lines, [
      `${"sync.run".padEnd(44)} │${"█".repeat(40)}│   100 ms`,
      `${"  POST /v2/notes/mutations".padEnd(44)} │${" ".repeat(10)}${"█".repeat(20)}${
        " ".repeat(10)
      }│    50 ms ERROR Unavailable: \uFFFD[2Jnot able to answer`
    ])
  })

  it("draws three of many like spans and counts the others, but every failed one", () => {
    const many = Array.from({ length: 30 }, (_, n) => span(String(n), "a", "GET /v2/profile", n, 1))
    const lines = waterfall(
      trace([span("a", undefined, "sync.run", 0, 100), ...many, span("x", "a", "GET /v2/profile", 40, 1, "Offline")])
    )
      .map(Output.stripStyles)
    assert.strictEqual(lines.length, 6)
    assert.strictEqual(lines[4], "  … 27 more GET /v2/profile")
    assert.include(lines[5], "ERROR Offline")
  })

  it("ends after 120 lines and says how many are missing", () => {
    const lines = waterfall(trace(Array.from({ length: 150 }, (_, n) => span(String(n), undefined, `s${n}`, 0, 1))))
    assert.strictEqual(lines.length, 121)
    assert.include(lines.at(-1), "and 30 more lines")
  })
})
