/**
 * The way to the server, which is good most of the time and then bad in one way after the other.
 */
import { Effect } from "effect"
import type { Duration } from "effect"
import * as FaultProxy from "../../../../src/testing/FaultProxy.ts"
import type { NetworkFaults } from "../../../../src/testing/FaultProxy.ts"

const phases: ReadonlyArray<readonly [name: string, faults: NetworkFaults, Duration.DurationInput]> = [
  ["pass", {}, "2 seconds"],
  ["latency", { latency: "10 millis", jitter: "40 millis" }, "1 second"],
  ["reset", { mode: "reset" }, "150 millis"],
  ["pass", {}, "2 seconds"],
  ["bandwidth", { bandwidth: 1_000_000 }, "1 second"],
  ["cut", { cutAfter: 100_000 }, "500 millis"],
  ["pass", {}, "2 seconds"],
  ["half-close", { mode: "halfClose" }, "150 millis"],
  ["pass", {}, "2 seconds"],
  // Longer than connections may be silent.
  ["blackhole", { mode: "blackhole" }, "3 seconds"]
]

export interface FaultyWay {
  readonly url: string
  /** How often each phase began, and how many connections there were. */
  readonly seen: Effect.Effect<Readonly<Record<string, number>>>
  /** Of clients, that are open now. */
  readonly open: Effect.Effect<number>
}

export const make = (port: number) =>
  Effect.gen(function*() {
    const proxy = yield* FaultProxy.make({ port })
    const counts: Record<string, number> = {}
    const cycle = Effect.forEach(phases, ([name, faults, duration]) =>
      Effect.gen(function*() {
        counts[name] = (counts[name] ?? 0) + 1
        yield* proxy.set(faults)
        yield* Effect.sleep(duration)
        // What was lost on a connection is missing from it for good, which no network does.
        if (name === "blackhole") yield* proxy.resetAll
      }), { discard: true })
    yield* Effect.forkScoped(Effect.forever(cycle))
    const way: FaultyWay = {
      url: `http://127.0.0.1:${proxy.port}`,
      seen: Effect.map(proxy.accepted, (connections) => ({ ...counts, connections })),
      open: proxy.open
    }
    return way
  })
