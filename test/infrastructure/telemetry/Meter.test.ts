import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Metric, MetricState, TestClock } from "effect"
import * as Meter from "../../../src/infrastructure/telemetry/Meter.ts"
import * as MetricDefinition from "../../../src/infrastructure/telemetry/MetricDefinition.ts"

const seriesNamed = (name: string) =>
  Metric.unsafeSnapshot()
    .filter(({ metricKey }) => metricKey.name === name)
    .map(({ metricKey, metricState }) => ({
      labels: Object.fromEntries(metricKey.tags.map(({ key, value }) => [key, value])),
      state: metricState
    }))

describe("Meter", () => {
  it.effect("counts per combination of labels", () =>
    Effect.gen(function*() {
      const requests = MetricDefinition.counter({
        name: "test.meter.requests",
        unit: "{request}",
        doc: "Requests",
        attributes: { result: { doc: "Outcome", values: ["hit", "miss"] } }
      })
      yield* Meter.add(requests, { result: "hit" })
      yield* Meter.add(requests, { result: "hit" }, 2)
      yield* Meter.add(requests, { result: "miss" })
      assert.sameDeepMembers(
        seriesNamed("test.meter.requests").map(({ labels, state }) => [
          labels,
          MetricState.isCounterState(state) && state.count
        ]),
        [
          [{ unit: "{request}", result: "hit" }, 3],
          [{ unit: "{request}", result: "miss" }, 1]
        ]
      )
    }))

  it.effect("records how long an effect takes in seconds", () =>
    Effect.gen(function*() {
      const duration = MetricDefinition.histogram({ name: "test.meter.duration", unit: "s", doc: "Duration" })
      const fiber = yield* Effect.fork(Effect.sleep("1500 millis").pipe(Meter.timed(duration)))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
      yield* Meter.record(duration, Duration.millis(250))
      const [series] = seriesNamed("test.meter.duration")
      assert.isTrue(series !== undefined && MetricState.isHistogramState(series.state))
      if (series !== undefined && MetricState.isHistogramState(series.state)) {
        assert.deepStrictEqual([series.state.count, series.state.sum], [2, 1.75])
      }
    }))

  it.effect("counts what exceeds the budget of series together", () =>
    Effect.gen(function*() {
      const open = MetricDefinition.counter({
        name: "test.meter.open",
        unit: "1",
        doc: "Open set",
        attributes: { word: { doc: "Any word", atMost: 5 } }
      })
      yield* Effect.forEach(Array.from({ length: MetricDefinition.seriesBudget + 50 }), (_, index) =>
        Meter.add(open, { word: `${index}` }))
      const series = seriesNamed("test.meter.open")
      assert.lengthOf(series, MetricDefinition.seriesBudget + 1)
      const overflow = series.find(({ labels }) =>
        labels["otel.metric.overflow"] === "true"
      )
      assert.isTrue(overflow !== undefined && MetricState.isCounterState(overflow.state) && overflow.state.count === 50)
    }))
})
