/**
 * Tries again what may pass, by the table of `RetryTable`: with full jitter, not before the backend asks for it, within the
 * call's time, as long as the origin's budget pays for it.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { Cause, Duration, Effect, Either } from "effect"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import * as Meter from "../../telemetry/Meter.ts"
import { BodyNotReplayable, DeadlineExceeded, isOfExchange } from "../api/ApiError.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import * as Jitter from "../api/Jitter.ts"
import * as Resend from "../api/retry/Resend.ts"
import * as RetryAfter from "../api/retry/RetryAfter.ts"
import * as RetryTable from "../api/retry/RetryTable.ts"
import { discard } from "../api/transport/Discard.ts"
import { Attempt, outcomeOf } from "./Attempt.ts"
import type { Result } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import type { Answer, LoopInterceptor, SendAttempt } from "./Interceptor.ts"

/** What happens after an exchange that failed. */
type Next =
  /** The failure stands. */
  | { readonly _tag: "Stop" }
  | { readonly _tag: "Fail"; readonly failure: ApiError }
  | { readonly _tag: "Again"; readonly wait: number; readonly paid: number }

/** One turn of the loop. */
interface Turn {
  readonly attempt: Attempt
  /** How many came before. */
  readonly retries: number
  /** For this one, from the budget. */
  readonly paid: number
  /** Whether the body can be sent once more. */
  readonly replayable: () => boolean
}

const stop: Next = { _tag: "Stop" }

/** An answer that nobody will see does not hold its connection. */
const letGo = (failed: Result) => Either.isRight(failed) ? discard(failed.right) : Effect.void

/** How long the answer asks to stay away. The stage `rateLimit` keeps other calls away as long. */
const askedBy = (failed: Result, call: Call) =>
  Either.isLeft(failed) ? undefined : RetryAfter.millis(failed.right.headers["retry-after"], call.date())

export const make = ({ retry }: ApiPolicyOptions): LoopInterceptor => {
  const table = RetryTable.make(retry)
  const maxRetryAfter = Duration.toMillis(retry.maxRetryAfter)

  /** `U(0, min(cap, base · 2^retries))`, or what the backend asks for and up to a tenth more. */
  const backoff = (row: RetryTable.Row, asked: number | undefined, retries: number) =>
    Effect.gen(function*() {
      const throttled = row.base === "throttledBase" ||
        (row.base === "throttledBase with Retry-After" && asked !== undefined)
      const own = yield* Jitter.full(throttled ? retry.throttledBase : retry.base, retry.cap, retries)
      if (asked === undefined) return Duration.toMillis(own)
      const extra = yield* Jitter.between(0, asked * 0.1)
      return Math.max(Duration.toMillis(own), asked) + Duration.toMillis(extra)
    })

  const decide = (
    failed: Result,
    row: RetryTable.Row | undefined,
    asked: number | undefined,
    { attempt: { call }, replayable, retries }: Turn
  ): Effect.Effect<Next> =>
    Effect.gen(function*() {
      if (row === undefined || !RetryTable.allows(row, call) || retries + 1 >= retry.maxAttempts) return stop
      if (asked !== undefined && asked > maxRetryAfter) return stop
      if (!replayable()) {
        return { _tag: "Fail", failure: new BodyNotReplayable({ outcome: outcomeOf(failed) }) }
      }
      const wait = yield* backoff(row, asked, retries)
      if (wait >= call.remaining()) {
        // An answer says more than that time is up.
        if (Either.isRight(failed)) return stop
        const sent = outcomeOf(failed) === "not-sent" ? "no" : "maybe"
        const failure = new DeadlineExceeded({ phase: "backoff", scope: "total", sent })
        failure.elsewhere = isOfExchange(failed.left) && failed.left.elsewhere
        return { _tag: "Fail", failure }
      }
      const paid = call.origin.retryBudget.take(row.cost, call.now())
      if (paid !== undefined) return { _tag: "Again", wait, paid }
      yield* Meter.add(Catalogue.budgetExhausted)
      return stop
    })

  const around = (next: SendAttempt) => {
    const turn = (request: HttpClientRequest, now: Turn): Answer => {
      const { attempt, paid, replayable, retries } = now
      const { call } = attempt
      const startedAt = call.now()

      const afterwards = (failed: Result, row: RetryTable.Row | undefined): Answer =>
        Effect.gen(function*() {
          attempt.record(failed, startedAt)
          if (row === undefined && attempt.wasRefused(failed)) call.origin.retryBudget.giveBack(paid)
          const asked = askedBy(failed, call)
          const then = yield* decide(failed, row, asked, now)
          if (then._tag === "Stop") return yield* failed
          if (then._tag === "Fail") return yield* Effect.zipRight(letGo(failed), Effect.fail(then.failure))
          const { retryBudget } = call.origin
          yield* Effect.onInterrupt(
            Effect.zipRight(letGo(failed), Effect.sleep(then.wait)),
            () => Effect.sync(() => retryBudget.giveBack(then.paid))
          )
          yield* Meter.add(Catalogue.retries)
          const again = new Attempt(call, "retry", then.wait)
          return yield* turn(request, { attempt: again, retries: retries + 1, paid: then.paid, replayable })
        })

      return Effect.matchCauseEffect(next(request, attempt), {
        onFailure: (cause) =>
          Either.match(Cause.failureOrCause(cause), {
            onLeft: (failure) => afterwards(Either.left(failure), table.ofFailure(failure)),
            onRight: Effect.failCause
          }),
        onSuccess: (response) => {
          const row = table.ofResponse(response)
          if (row === undefined && response.status < 500) call.origin.retryBudget.succeeded(paid)
          return response.status < 400 ? Effect.succeed(response) : afterwards(Either.right(response), row)
        }
      })
    }

    return (request: HttpClientRequest, call: Call): Answer => {
      const replay = Resend.watched(request, call)
      return turn(replay.request, { attempt: new Attempt(call), retries: 0, paid: 0, replayable: replay.possible })
    }
  }

  return { stage: "retry", around }
}
