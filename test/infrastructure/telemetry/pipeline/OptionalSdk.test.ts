import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Logging from "../../../../src/infrastructure/telemetry/logging/Logging.ts"
import * as OptionalSdk from "../../../../src/infrastructure/telemetry/pipeline/OptionalSdk.ts"
import { settleAll } from "../../../../src/infrastructure/telemetry/pipeline/Tracing.ts"
import { TelemetryStatus } from "../../../../src/infrastructure/telemetry/TelemetryStatus.ts"
import * as Lines from "../Lines.ts"

describe("OptionalSdk", () => {
  it.scoped("packages that are not installed cost their data and one line in the log, never the application", () =>
    Effect.gen(function*() {
      const console = Lines.make()
      const missing = OptionalSdk.load(() => Promise.reject(new Error("Cannot find package '@opentelemetry/api'")))
      const exporters = yield* Effect.flatMap(TelemetryStatus, (status) => status.exporters).pipe(
        Effect.withSpan("work"),
        Effect.provide(
          OptionalSdk.orOff(missing).pipe(
            Layer.provideMerge(Logging.layer("Warning")),
            Layer.provideMerge(console.layer)
          )
        )
      )
      assert.deepStrictEqual(exporters, [])
      assert.lengthOf(console.lines.filter((line) => line.includes("are not installed")), 1)
    }))
})

describe("settleAll", () => {
  it.effect("goes on when one refuses, even before it gives a promise", () =>
    Effect.gen(function*() {
      const settled: Array<string> = []
      yield* settleAll([
        () => {
          throw new Error("at once")
        },
        () => Promise.reject(new Error("later")),
        () => Promise.resolve().then(() => settled.push("last"))
      ])
      assert.deepStrictEqual(settled, ["last"])
    }))
})
