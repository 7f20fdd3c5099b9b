import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Stream, TestClock } from "effect"
import { Realtime } from "../../../src/domain/network/Realtime.ts"
import type { RealtimeStatus } from "../../../src/domain/network/Realtime.ts"
import type { RemoteFailure } from "../../../src/domain/network/RemoteFailure.ts"
import { Offline, RateLimited, Unauthenticated } from "../../../src/domain/network/RemoteFailure.ts"
import { keepInSync, notesChannel } from "../../../src/domain/notes/KeepInSync.ts"
import { SyncReport } from "../../../src/domain/notes/Note.ts"
import { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import * as CurrentValue from "../../../src/infrastructure/network/api/CurrentValue.ts"
import * as MemoryConnectivity from "../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import { ConnectivitySwitch } from "../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import * as MemoryRealtime from "../../../src/infrastructure/network/websocket/MemoryRealtime.ts"

const report = new SyncReport({ pushed: 0, pulled: 0, conflicts: 0, rejected: 0 })

/** Fails with the scripted failures, first to last, then succeeds; `rounds` are counted. */
class Rounds {
  count = 0
  readonly failures: Array<RemoteFailure> = []
  readonly layer = Layer.mock(NoteRepository, {
    sync: Effect.suspend(() => {
      this.count += 1
      const failure = this.failures.shift()
      return failure === undefined ? Effect.succeed(report) : Effect.fail(failure)
    })
  })
}

/** A realtime that is subscribed to, opened and failed by hand. */
const manualRealtime = Effect.map(CurrentValue.make<RealtimeStatus>("connecting"), (status) => {
  const state = { subscriptions: 0, failure: undefined as RemoteFailure | undefined }
  const realtime = Realtime.of({
    subscribe: () =>
      Stream.suspend(() => {
        state.subscriptions += 1
        return state.failure === undefined ? Stream.never : Stream.fail(state.failure)
      }),
    publish: () => Effect.void,
    status: status.values
  })
  return { state, set: status.set, layer: Layer.succeed(Realtime, realtime) }
})

const settled = Effect.zipRight(Effect.repeatN(Effect.yieldNow(), 200), TestClock.adjust(0))
const pass = (duration: Duration.DurationInput) => Effect.zipRight(TestClock.adjust(duration), settled)
const running = Effect.zipRight(Effect.forkScoped(Stream.runDrain(keepInSync)), settled)

const inMemory = (rounds: Rounds) => Layer.mergeAll(rounds.layer, MemoryRealtime.layer, MemoryConnectivity.layer)

describe("keepInSync", () => {
  it.scoped("runs a round at once, at each announcement, and when the backend is reachable again", () => {
    const rounds = new Rounds()
    return Effect.gen(function*() {
      const realtime = yield* Realtime
      const connectivity = yield* ConnectivitySwitch
      yield* running
      const begun = rounds.count
      assert.isAtLeast(begun, 1)
      yield* realtime.publish(notesChannel, {})
      yield* settled
      assert.strictEqual(rounds.count, begun + 1)
      yield* connectivity.set("offline")
      yield* settled
      assert.strictEqual(rounds.count, begun + 1)
      yield* connectivity.set("online")
      yield* settled
      assert.strictEqual(rounds.count, begun + 2)
      yield* pass("1 hour")
      assert.strictEqual(rounds.count, begun + 2, "A round that succeeded was repeated")
    }).pipe(Effect.provide(inMemory(rounds)))
  })

  it.scoped("runs a round each time the realtime connection opens", () => {
    const rounds = new Rounds()
    return Effect.gen(function*() {
      const realtime = yield* manualRealtime
      const layer = Layer.mergeAll(rounds.layer, realtime.layer, MemoryConnectivity.layer)
      yield* Effect.forkScoped(Effect.provide(Stream.runDrain(keepInSync), layer))
      yield* settled
      assert.strictEqual(rounds.count, 1)
      yield* realtime.set("open")
      yield* settled
      assert.strictEqual(rounds.count, 2)
      yield* realtime.set("waiting")
      yield* settled
      assert.strictEqual(rounds.count, 2)
      yield* realtime.set("open")
      yield* settled
      assert.strictEqual(rounds.count, 3)
    })
  })

  it.scoped("subscribes again, spaced out, after a failure that no reconnect mends", () => {
    const rounds = new Rounds()
    return Effect.gen(function*() {
      const realtime = yield* manualRealtime
      realtime.state.failure = new Unauthenticated()
      const layer = Layer.mergeAll(rounds.layer, realtime.layer, MemoryConnectivity.layer)
      yield* Effect.forkScoped(Effect.provide(Stream.runDrain(keepInSync), layer))
      yield* settled
      assert.strictEqual(realtime.state.subscriptions, 1)
      yield* pass("29 seconds")
      assert.strictEqual(realtime.state.subscriptions, 1)
      yield* pass("1 second")
      assert.strictEqual(realtime.state.subscriptions, 2)
      realtime.state.failure = undefined
      yield* pass("30 seconds")
      assert.strictEqual(realtime.state.subscriptions, 3)
      yield* pass("1 hour")
      assert.strictEqual(realtime.state.subscriptions, 3)
    })
  })

  it.scoped("tries a postponed round again by itself, no earlier than the backend wants it", () => {
    const rounds = new Rounds()
    return Effect.gen(function*() {
      yield* running
      const begun = rounds.count
      rounds.failures.push(new Offline(), new RateLimited({ retryAfter: Duration.minutes(2) }))
      yield* Effect.flatMap(Realtime, (realtime) => realtime.publish(notesChannel, {}))
      yield* settled
      assert.strictEqual(rounds.count, begun + 1)
      yield* pass("29 seconds")
      assert.strictEqual(rounds.count, begun + 1)
      yield* pass("1 second")
      assert.strictEqual(rounds.count, begun + 2)
      yield* pass("119 seconds")
      assert.strictEqual(rounds.count, begun + 2)
      yield* pass("1 second")
      assert.strictEqual(rounds.count, begun + 3)
      yield* pass("1 hour")
      assert.strictEqual(rounds.count, begun + 3)
    }).pipe(Effect.provide(inMemory(rounds)))
  })

  it.scoped("does not try again what another occasion has done meanwhile", () => {
    const rounds = new Rounds()
    return Effect.gen(function*() {
      yield* running
      const realtime = yield* Realtime
      const begun = rounds.count
      rounds.failures.push(new Offline())
      yield* realtime.publish(notesChannel, {})
      yield* settled
      yield* realtime.publish(notesChannel, {})
      yield* settled
      assert.strictEqual(rounds.count, begun + 2)
      yield* pass("1 hour")
      assert.strictEqual(rounds.count, begun + 2)
    }).pipe(Effect.provide(inMemory(rounds)))
  })
})
