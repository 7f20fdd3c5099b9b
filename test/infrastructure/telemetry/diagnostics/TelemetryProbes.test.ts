import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, TestClock } from "effect"
import type { Check } from "../../../../src/domain/operations/Check.ts"
import type { Probe } from "../../../../src/infrastructure/telemetry/diagnostics/CollectedDiagnostics.ts"
import * as TelemetryProbes from "../../../../src/infrastructure/telemetry/diagnostics/TelemetryProbes.ts"
import type { ExporterCounts } from "../../../../src/infrastructure/telemetry/TelemetryStatus.ts"
import { TelemetryStatus } from "../../../../src/infrastructure/telemetry/TelemetryStatus.ts"

const counts: ExporterCounts = { exporter: "otlp", ended: 10, exported: 10, dropped: 0, failed: 0, pending: 0 }

const status = (exporters: ReadonlyArray<ExporterCounts>, storeProblem?: string) =>
  Layer.succeed(TelemetryStatus, {
    exporters: Effect.succeed(exporters),
    flush: Effect.void,
    storeProblem: Effect.succeed(storeProblem)
  })

const answer = <R>(probe: Effect.Effect<Probe, never, R>) =>
  Effect.flatMap(probe, ({ check }) => Effect.map(check, (found) => ([found].flat() as ReadonlyArray<Check>)[0]))

const http = (respond: Effect.Effect<Response, HttpClientError.RequestError>) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => Effect.map(respond, (response) => HttpClientResponse.fromWeb(request, response)))
  )

const collector = TelemetryProbes.collector(Option.some("http://collector"))

describe("TelemetryProbes", () => {
  it.effect("warn about every span that was lost", () =>
    Effect.gen(function*() {
      const fine = yield* Effect.provide(answer(TelemetryProbes.losses), status([counts]))
      assert.strictEqual(fine?.status, "ok")
      const losing = yield* Effect.provide(
        answer(TelemetryProbes.losses),
        status([counts, { ...counts, exporter: "store", dropped: 2, failed: 1 }])
      )
      assert.deepStrictEqual([losing?.status, losing?.detail], ["warning", "store: 3 of 10"])
    }))

  it.effect("say why the store is not used", () =>
    Effect.gen(function*() {
      const check = yield* Effect.provide(answer(TelemetryProbes.store), status([], "It is damaged"))
      assert.deepStrictEqual([check?.status, check?.detail], ["warning", "It is damaged"])
      const fine = yield* Effect.provide(answer(TelemetryProbes.store), status([{ ...counts, exporter: "store" }]))
      assert.strictEqual(fine?.status, "ok")
    }))

  it.effect("take any answer of a collector for one, and silence and refusal for none", () =>
    Effect.gen(function*() {
      const answering = yield* Effect.provide(
        answer(collector),
        http(Effect.sync(() => new Response("", { status: 405 })))
      )
      assert.strictEqual(answering?.status, "ok")
      const hanging = yield* Effect.fork(Effect.provide(answer(collector), http(Effect.never)))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Fiber.join(hanging))?.status, "warning")
    }))

  it.effect("are content without a collector", () =>
    Effect.gen(function*() {
      const check = yield* Effect.provide(answer(TelemetryProbes.collector(Option.none())), http(Effect.never))
      assert.strictEqual(check?.status, "ok")
    }))
})
