import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import { files, granted, killed, onMachine, track } from "../../../support/AnalyticsMachine.ts"

describe("consent", () => {
  it.scoped("outlives the process, with the same id, until it is refused", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 1)
        const analytics = yield* machine.process()
        assert.strictEqual(yield* analytics.consent, "granted")
        yield* track(analytics, 1)
        yield* analytics.flush("1 minute")
        yield* analytics.setConsent("denied")
        yield* analytics.setConsent("granted")
        yield* track(analytics, 1)
        yield* analytics.flush("1 minute")
        const ids = machine.receiver.events.map(({ anonymousId }) => anonymousId)
        assert.deepStrictEqual([ids[0] === ids[1], ids[1] === ids[2]], [true, false])
      })
    ))

  it.scoped("is noticed within two seconds when another process was told", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const here = yield* granted(machine)
        const there = yield* machine.process()
        yield* track(here, 1)
        yield* there.setConsent("denied")
        yield* TestClock.adjust("2 seconds")
        yield* track(here, 1)
        assert.strictEqual((yield* here.stats).dropped.ConsentMissing, 1)
        yield* here.flush("1 minute")
        assert.deepStrictEqual(machine.receiver.events, [])
      })
    ))

  it.scoped("counts for nothing on a machine that opted out, and without a receiver", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const optedOut = yield* granted(machine, { doNotTrack: true })
        assert.strictEqual(yield* optedOut.consent, "denied")
        yield* track(optedOut, 1)
        assert.strictEqual((yield* optedOut.stats).dropped.ConsentMissing, 1)
        const nowhere = yield* granted(machine, { destination: Option.none() })
        yield* track(nowhere, 1)
        assert.strictEqual((yield* nowhere.stats).dropped.Rejected, 1)
        assert.deepStrictEqual(files(machine), [])
      })
    ))
})
