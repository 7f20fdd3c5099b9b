/**
 * Product analytics through append-only files to a receiver of Segment's HTTP tracking API.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import { Data, Duration, Effect, Either, Layer, Option, Queue, Random, Scope } from "effect"
import { Analytics, AnalyticsStats, FlushReport } from "../../../domain/analytics/Analytics.ts"
import type { AnalyticsEvent } from "../../../domain/analytics/AnalyticsEvent.ts"
import type { Consent } from "../../../domain/analytics/Consent.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { Io } from "../../../domain/storage/StorageFailure.ts"
import { ProcessLock } from "../../storage/local/ProcessLock.ts"
import * as AnalyticsCatalogue from "../../telemetry/catalogue/Analytics.ts"
import * as Meter from "../../telemetry/Meter.ts"
import * as Span from "../../telemetry/Span.ts"
import type { Destination, Stopped } from "./BatchSender.ts"
import * as BatchSender from "./BatchSender.ts"
import * as ConsentFile from "./ConsentFile.ts"
import * as DropCounts from "./DropCounts.ts"
import * as EventLog from "./EventLog.ts"
import type { EventLogFailure } from "./SegmentFiles.ts"
import * as TrackedEvent from "./TrackedEvent.ts"
import * as Upload from "./Upload.ts"

export interface Options {
  /** Where events and the answer to the question of consent are kept; created for its owner only. */
  readonly folder: string
  /** Without one nothing is stored. */
  readonly destination: Option.Option<Destination>
  /** The person's machine says no, whatever was answered before: `false` unless told. */
  readonly doNotTrack?: boolean
  /** Send as soon as this many events wait; 50 unless told. */
  readonly flushAt?: number
  /** Send what waits at least this often; every 10 seconds unless told. */
  readonly flushEvery?: Duration.DurationInput
  /** How long closing the layer may take for a last attempt; 150 ms unless told, zero for none. */
  readonly closeBudget?: Duration.DurationInput
}

/** Consent was taken back while sending. */
class Withdrawn extends Data.TaggedError("Withdrawn")<{}> {}

/** The budget is used up. */
class OutOfTime extends Data.TaggedError("OutOfTime")<{}> {}

interface Outcome {
  readonly outcome: "done" | "budget" | "busy" | "storage" | Stopped["reason"]
  readonly retryAfter: Option.Option<Duration.Duration>
}

const finished = (outcome: Outcome["outcome"], retryAfter = Option.none<Duration.Duration>()): Outcome => ({
  outcome,
  retryAfter
})

const outcomeOf = (failure: Stopped | EventLogFailure | StorageFailure | Withdrawn | OutOfTime): Outcome => {
  if (failure._tag === "Stopped") return finished(failure.reason, failure.retryAfter)
  if (failure._tag === "Withdrawn") return finished("done")
  if (failure._tag === "OutOfTime") return finished("budget")
  return finished(failure._tag === "Busy" ? "busy" : "storage")
}

/** A receiver that does not know the write key is asked rarely; any other gets exponential back-off with full jitter. */
const backOff = ({ outcome, retryAfter }: Outcome, failures: number) =>
  outcome === "refused"
    ? Effect.succeed(Duration.minutes(15))
    : Effect.map(Random.nextRange(0, Math.min(500 * 2 ** failures, 300_000)), (millis) =>
      Duration.max(Duration.millis(Math.round(millis)), Option.getOrElse(retryAfter, () => Duration.zero)))

const backgroundBudget = "30 seconds"

export const make = (options: Options) =>
  Effect.gen(function*() {
    const { closeBudget = "150 millis", destination, doNotTrack = false, flushAt = 50, flushEvery = "10 seconds" } =
      options
    const locks = yield* ProcessLock
    const answers = yield* ConsentFile.make(options.folder)
    // It holds this process's slot, so it is closed after the last flush.
    const logScope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
    const log = yield* Scope.extend(EventLog.make(options.folder), logScope)
    const sender = yield* Effect.transposeMapOption(destination, BatchSender.make)
    const drops = DropCounts.make()
    const wake = yield* Queue.sliding<void>(1)
    let sent = 0

    const consent: Effect.Effect<Consent> = doNotTrack
      ? Effect.succeed("denied")
      : Effect.map(answers.current, (answer) => answer.consent)

    const track = (event: AnalyticsEvent) =>
      Effect.gen(function*() {
        if ((yield* consent) !== "granted") return yield* drops.add("ConsentMissing")
        if (Option.isNone(sender)) return yield* drops.add("Rejected")
        const { anonymousId } = yield* answers.current
        const tracked = yield* TrackedEvent.make(event, anonymousId)
        if (Either.isLeft(tracked)) return yield* drops.add(tracked.left)
        yield* drops.add("QueueFull", yield* log.append(tracked.right.line))
        if ((yield* log.known) >= flushAt) yield* Queue.offer(wake, undefined)
      }).pipe(Effect.catchAll(() => drops.add("Storage")))

    const upload = Option.match(sender, {
      onNone: () => Effect.void,
      onSome: (receiver) =>
        Upload.make({
          log,
          sender: receiver,
          allowed: Effect.filterOrFail(consent, (answer) => answer === "granted", () => new Withdrawn()),
          sent: (events) => Effect.sync(() => void (sent += events)),
          dropped: drops.add
        })
    })

    /** Never fails and never takes longer than `budget`, wherever it runs. */
    const send = (budget: Duration.DurationInput): Effect.Effect<Outcome> =>
      Effect.whenEffect(upload, Effect.map(consent, (answer) => answer === "granted")).pipe(
        locks.withLock("analytics-upload", budget),
        Effect.interruptible,
        Effect.timeoutFail({ duration: budget, onTimeout: () => new OutOfTime() }),
        Effect.match({ onSuccess: () => finished("done"), onFailure: outcomeOf })
      )

    const flushWith = (budget: Duration.DurationInput) =>
      Effect.gen(function*() {
        const before = { sent, dropped: drops.total() }
        const result = yield* send(budget)
        const pending = yield* log.known
        const report = new FlushReport({ sent: sent - before.sent, pending, dropped: drops.total() - before.dropped })
        yield* Meter.set(AnalyticsCatalogue.buffered, pending)
        yield* Span.annotate(AnalyticsCatalogue.flush, {
          "strata.analytics.sent": report.sent,
          "strata.analytics.pending": report.pending,
          "strata.analytics.dropped": report.dropped,
          "strata.analytics.outcome": result.outcome
        })
        return { report, result }
      }).pipe(Span.withSpan(AnalyticsCatalogue.flush))

    const waiting = Effect.orElseSucceed(log.waiting, () => ({ events: 0, bytes: 0 }))

    const sendInBackground = Effect.gen(function*() {
      let failures = 0
      let pause: Duration.DurationInput = flushEvery
      while (true) {
        yield* failures === 0 ? Effect.race(Queue.take(wake), Effect.sleep(pause)) : Effect.sleep(pause)
        if ((yield* consent) !== "granted" || (yield* waiting).events === 0) continue
        const { result } = yield* flushWith(backgroundBudget)
        failures = result.outcome === "done" ? 0 : failures + 1
        pause = failures === 0 ? flushEvery : yield* backOff(result, failures)
      }
    })

    const lastAttempt = Effect.gen(function*() {
      if ((yield* log.known) > 0 && Duration.toMillis(closeBudget) > 0) yield* flushWith(closeBudget)
    })

    yield* Effect.addFinalizer(() => lastAttempt)
    yield* Effect.forkScoped(sendInBackground)

    return Analytics.of({
      track,
      consent,
      setConsent: (answer) =>
        Effect.zipRight(
          answers.write(answer),
          answer === "granted"
            ? Effect.void
            : Effect.mapError(log.purge, ({ cause }) => new Io({ store: "analytics", operation: "delete", cause }))
        ),
      flush: (budget) => Effect.map(flushWith(budget), ({ report }) => report),
      stats: Effect.gen(function*() {
        const { events } = yield* waiting
        return new AnalyticsStats({ queued: events, sent, dropped: drops.read() })
      })
    })
  })

/**
 * Each event is one line appended to a file of this process before `track` returns; one process at a time sends. The
 * 10 000 newest events of a process, 20 MiB and 7 days are kept. Closing tries once more to send, for `closeBudget`;
 * what remains is sent by the next process.
 */
export const layer = (
  options: Options
): Layer.Layer<Analytics, never, HttpClient.HttpClient | ProcessLock | FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(Analytics, make(options))
