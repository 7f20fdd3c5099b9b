/**
 * Sends a late request a second time and takes the answer that comes first: for endpoints that ask for it, safe methods only,
 * while their origin is well, and never more than a share of all calls. Nothing is tried again beyond that.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Deferred, Duration, Effect, Either, Exit, Fiber, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import * as Meter from "../../telemetry/Meter.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import type { Kind } from "../api/origin/Kind.ts"
import { laneOf } from "../api/origin/OriginState.ts"
import * as Resend from "../api/retry/Resend.ts"
import * as RetryTable from "../api/retry/RetryTable.ts"
import { discard } from "../api/transport/Discard.ts"
import { Attempt } from "./Attempt.ts"
import type { Result } from "./Attempt.ts"
import { safe } from "./Call.ts"
import type { Call } from "./Call.ts"
import type { Answer, LoopInterceptor, SendAttempt } from "./Interceptor.ts"

/** After a limiter's answer nothing goes out twice for so long. */
const calmAfterLimit = Duration.toMillis("10 seconds")

/** Hedges that were not needed are kept for a bad moment, so many at most. */
const saved = 10

type Ended = Exit.Exit<HttpClientResponse, ApiError | SecretFailure>

/** `undefined` when there may be no hedge. */
type MaybeEnded = Exit.Exit<HttpClientResponse | undefined, ApiError | SecretFailure>

const letGo = (exit: MaybeEnded) => Exit.isSuccess(exit) && exit.value !== undefined ? discard(exit.value) : Effect.void

/** Ends a request that lost, and its answer if it has one by now. */
const drop = (fiber: Fiber.Fiber<HttpClientResponse | undefined, ApiError | SecretFailure>) =>
  Effect.uninterruptible(Effect.flatMap(Fiber.interrupt(fiber), letGo))

/** Endpoints of one origin are few; paths outside the wire contract share one entry. */
const endpointOf = ({ method, template }: Call) => `${method} ${template ?? ""}`

/** What is wrong with the endpoints that ask for hedges. */
export const problems = ({ endpoints }: ApiPolicyOptions): ReadonlyArray<string> =>
  Object.entries(endpoints).flatMap(([endpoint, { hedge }]) =>
    hedge === undefined || safe.has(endpoint.split(" ")[0] ?? "")
      ? []
      : [`endpoints["${endpoint}"].hedge: only safe methods can be sent twice`]
  )

export const make = (kind: Kind, { hedge, retry }: ApiPolicyOptions): LoopInterceptor => {
  const table = RetryTable.make(retry)
  const minimum = Duration.toMillis(hedge.minimumDelay)

  /** How long to wait for the first answer; `undefined` when nobody can tell yet. */
  const delayOf = (call: Call, now: number): number | undefined => {
    const asked = call.endpoint.hedge
    if (asked === undefined || !safe.has(call.method)) return undefined
    if (asked !== "p95") return Duration.toMillis(asked)
    const usual = call.origin.latencies.percentile(endpointOf(call), 0.95, hedge.minimumSamples, now)
    return usual === undefined ? undefined : Math.max(minimum, usual)
  }

  /** Asked when a hedge is due: origins change while one waits. */
  const wellEnough = ({ origin }: Call, now: number) =>
    laneOf(origin, kind).breaker.state(now) === "closed"
    && origin.throttle.refusalProbability(now) === 0
    && !origin.rateLimits.limitedWithin(now, calmAfterLimit)

  /** Whether the first request decides: by anything that another attempt would not change. */
  const settles = (exit: Ended): boolean =>
    Exit.match(exit, {
      onSuccess: (response) => table.ofResponse(response) === undefined,
      onFailure: (cause) =>
        Either.match(Cause.failureOrCause(cause), {
          onLeft: (failure) => (table.ofFailure(failure)?.repeated ?? "never") === "never",
          onRight: () => true
        })
    })

  /** Whether the second request decides: a failure of it, which may be a refusal here, leaves the word to the first. */
  const decides = (exit: MaybeEnded): exit is Ended =>
    Exit.match(exit, {
      onSuccess: (response) => response !== undefined && table.ofResponse(response) === undefined,
      onFailure: (cause) => Option.isNone(Cause.failureOption(cause))
    })

  const observed = (call: Call, startedAt: number) => {
    const now = call.now()
    call.origin.latencies.record(endpointOf(call), now - startedAt, now)
  }

  const around = (next: SendAttempt) => {
    let allowance = 0

    /** Sends, and keeps what became of it. `paid`: from the budget. */
    const send = (request: HttpClientRequest, attempt: Attempt, paid = 0): Answer => {
      const { call } = attempt
      const { retryBudget } = call.origin
      const startedAt = call.now()
      const after = (exit: Ended) => {
        if (Exit.isFailure(exit)) {
          const failure = Cause.failureOrCause(exit.cause)
          if (Either.isRight(failure)) return
          const failed: Result = Either.left(failure.left)
          attempt.record(failed, startedAt)
          if (table.ofFailure(failure.left) === undefined && attempt.wasRefused(failed)) retryBudget.giveBack(paid)
          return
        }
        const response = exit.value
        if (response.status >= 400) attempt.record(Either.right(response), startedAt)
        if (response.status >= 500 || table.ofResponse(response) !== undefined) return
        retryBudget.succeeded(paid)
        if (attempt.reason === undefined) observed(call, startedAt)
      }
      return Effect.onExit(next(request, attempt), (exit) => Effect.sync(() => after(exit)))
    }

    /** The second request, when it is due and there may be one; `undefined` when there may not. */
    const second = (request: HttpClientRequest, call: Call, due: Effect.Effect<void>) =>
      Effect.gen(function*() {
        const startedAt = call.now()
        yield* due
        const now = call.now()
        if (allowance < 1 || !wellEnough(call, now)) return undefined
        const paid = call.origin.retryBudget.take(RetryTable.hedgeCost, now)
        if (paid === undefined) {
          yield* Meter.add(Catalogue.budgetExhausted)
          return undefined
        }
        allowance--
        yield* Meter.add(Catalogue.hedges)
        return yield* send(request, new Attempt(call, "hedge", now - startedAt), paid)
      })

    return (request: HttpClientRequest, call: Call): Answer => {
      const first = new Attempt(call)
      if (!safe.has(call.method) || Resend.isOneShot(request, call)) return send(request, first)
      allowance = Math.min(saved, allowance + hedge.share)
      const startedAt = call.now()
      const delay = delayOf(call, startedAt)
      return Effect.flatMap(Deferred.make<void>(), (failed) => {
        const early = Deferred.await(failed)
        const due = delay === undefined ? early : Effect.raceFirst(Effect.sleep(delay), early)
        return Effect.raceWith(send(request, first), second(request, call, due), {
          onSelfDone: (exit, extra) => {
            if (settles(exit)) return Effect.zipRight(drop(extra), exit)
            return Deferred.succeed(failed, undefined).pipe(
              Effect.zipRight(Fiber.await(extra)),
              Effect.onInterrupt(() => letGo(exit)),
              Effect.flatMap((other) =>
                decides(other)
                  ? Effect.zipRight(letGo(exit), other)
                  : Effect.zipRight(letGo(other), exit)
              )
            )
          },
          onOtherDone: (exit, primary) => {
            if (!decides(exit)) return Effect.zipRight(letGo(exit), Fiber.join(primary))
            // It took at least as long as it was given; without this, slow answers would not count as slow.
            observed(call, startedAt)
            return Effect.zipRight(drop(primary), exit)
          }
        })
      })
    }
  }
  return { stage: "hedge", around }
}
