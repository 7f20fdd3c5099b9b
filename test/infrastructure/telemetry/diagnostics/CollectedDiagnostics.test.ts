import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Stream, TestClock } from "effect"
import { Check } from "../../../../src/domain/operations/Check.ts"
import * as CollectedDiagnostics from "../../../../src/infrastructure/telemetry/diagnostics/CollectedDiagnostics.ts"
import * as MemoryDiagnostics from "../../../../src/infrastructure/telemetry/diagnostics/MemoryDiagnostics.ts"
import { contract } from "../../../../src/testing/contract/DiagnosticsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const ok = (name: string) => new Check({ name, status: "ok", detail: "fine" })

const probe = (name: string, check: CollectedDiagnostics.Probe["check"] = Effect.succeed(ok(name))) => ({ name, check })

suite(contract, "collected", CollectedDiagnostics.layer([probe("node"), probe("disk"), probe("network")]))
suite(contract, "memory", MemoryDiagnostics.layer([ok("node"), ok("disk")]))

const statuses = (probes: ReadonlyArray<CollectedDiagnostics.Probe>) =>
  Effect.map(
    Stream.runCollect(CollectedDiagnostics.make(probes).checks),
    (checks) => Chunk.toReadonlyArray(checks).map(({ name, status }) => `${name} ${status}`)
  )

describe("CollectedDiagnostics", () => {
  it.effect("answers for a check that hangs after 5 seconds, without waiting longer for several", () =>
    Effect.gen(function*() {
      const hanging = ["a", "b", "c"].map((name) => probe(name, Effect.never))
      const fiber = yield* Effect.fork(statuses([probe("node"), ...hanging, probe("disk")]))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["node ok", "a failed", "b failed", "c failed", "disk ok"])
    }))

  it.effect("answers for a check that has a bug, without printing it", () =>
    Effect.gen(function*() {
      const checks = yield* Stream.runCollect(
        CollectedDiagnostics.make([probe("broken", Effect.die(new Error("secret"))), probe("node")]).checks
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(checks).map(({ status }) => status), ["failed", "ok"])
      assert.notInclude(JSON.stringify(Chunk.toReadonlyArray(checks)), "secret")
    }))

  it.effect("keeps the order when an early check is slow", () =>
    Effect.gen(function*() {
      const slow = probe("slow", Effect.delay(Effect.succeed([ok("slow 1"), ok("slow 2")]), "1 second"))
      const fiber = yield* Effect.fork(statuses([slow, probe("quick")]))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["slow 1 ok", "slow 2 ok", "quick ok"])
    }))
})
