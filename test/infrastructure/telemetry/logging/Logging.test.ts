import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import * as Logging from "../../../../src/infrastructure/telemetry/logging/Logging.ts"
import * as Telemetry from "../../../../src/infrastructure/telemetry/Telemetry.ts"
import { FinishedSpans } from "../../../../src/infrastructure/telemetry/traces/MemoryTraces.ts"
import * as MemoryTraces from "../../../../src/infrastructure/telemetry/traces/MemoryTraces.ts"
import * as Collector from "../Collector.ts"
import * as Lines from "../Lines.ts"
import { options, to } from "../Options.ts"

const canary = "cAnArY9Z8y7X6w5V"

const secrets = Effect.gen(function*() {
  yield* Effect.logInfo("signed in", { password: canary, user: "bob" }, Redacted.make(canary))
  yield* Effect.logInfo(`GET https://bob:${canary}@example.com/`).pipe(Effect.annotateLogs("access_token", canary))
  yield* Effect.logError("failed", new Error(`Bearer ${canary}`))
  const failed = yield* Effect.exit(Schema.decodeUnknown(Schema.Struct({ pin: Schema.Number }))({ pin: canary }))
  if (failed._tag === "Failure") yield* Effect.logWarning("not decoded", failed.cause)
  yield* Effect.fail(new Error(`token=${canary}`)).pipe(Effect.catchAllCause((cause) => Effect.logWarning(cause)))
})

describe("Logging", () => {
  it.effect("writes one redacted line per entry to stderr and nothing to stdout", () =>
    Effect.gen(function*() {
      const console = Lines.make()
      yield* Effect.provide(secrets, Layer.provideMerge(Logging.layer("Info"), console.layer))
      const text = console.lines.join("\n")
      assert.lengthOf(console.lines, 5)
      assert.notInclude(text, canary)
      assert.notInclude(text, "STDOUT")
      for (const part of ["bob", "example.com", "signed in", "ParseError"]) assert.include(text, part)
    }))

  it.effect("leaves out what is less important than asked for", () =>
    Effect.gen(function*() {
      const console = Lines.make()
      yield* Effect.provide(
        Effect.zipRight(Effect.logInfo("quiet"), Effect.logWarning("loud")),
        Layer.provideMerge(Logging.layer("Warning"), console.layer)
      )
      assert.lengthOf(console.lines, 1)
    }))

  it.effect("puts entries on the span they were written in, under one name", () =>
    Effect.gen(function*() {
      const layer = Layer.mergeAll(MemoryTraces.layer, Logging.layer("Info"), Lines.make().layer)
      const spans = yield* Effect.provide(
        Effect.zipRight(Effect.withSpan(secrets, "work"), Effect.flatMap(FinishedSpans, ({ all }) => all)),
        layer
      )
      const events = spans.flatMap((span) => span.events)
      assert.deepStrictEqual([...new Set(events.map(({ name }) => name))], ["log"])
      assert.lengthOf(events, 5)
      assert.notInclude(JSON.stringify(spans), canary)
      assert.strictEqual(events[2]?.attributes["log.severity"], "ERROR")
    }))

  it.scoped("sends entries to the collector with the specification's severity and their span", () =>
    Effect.gen(function*() {
      const collector = yield* Collector.make()
      yield* Effect.withSpan(secrets, "work").pipe(Effect.provide(Layer.provideMerge(
        Telemetry.layer({
          ...options,
          collector: to(collector.endpoint)
        }),
        Lines.make().layer
      )))
      const text = collector.bodies("/v1/logs").join("\n")
      assert.notInclude(text, canary)
      assert.match(text, /"severityNumber":17/)
      assert.match(text, /"traceId":"[0-9a-f]{32}"/)
      assert.include(text, "signed in")
    }))
})
