/**
 * One stage alone, between calls and a backend of a test.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Duration, Effect } from "effect"
import type { Clock } from "effect"
import * as ApiPolicy from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { ApiPolicyOptions } from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { CallOptions } from "../../../src/infrastructure/network/api/CallOptions.ts"
import * as OriginState from "../../../src/infrastructure/network/api/origin/OriginState.ts"
import { Attempt } from "../../../src/infrastructure/network/interceptors/Attempt.ts"
import type {
  AttemptInterceptor,
  CallInterceptor,
  SendCall
} from "../../../src/infrastructure/network/interceptors/Interceptor.ts"
import { callStages } from "../../../src/infrastructure/network/interceptors/Stage.ts"
import * as CallFixture from "./interceptors/CallFixture.ts"

export const second = Duration.seconds(1)

export const request = HttpClientRequest.get("http://api.test/")

export const answer = (status = 200, headers: Readonly<Record<string, string>> = {}) =>
  HttpClientResponse.fromWeb(request, new Response(null, { status, headers }))

export const originOf = (sections: Partial<ApiPolicyOptions> = {}) =>
  OriginState.make("http://api.test", { ...ApiPolicy.defaults, ...sections })

/** A new call to the origin, which is over after `total` milliseconds. */
export const callTo = (
  origin: OriginState.OriginState,
  { total, ...options }: Omit<CallOptions, "total"> & { readonly total?: number } = {}
) => CallFixture.make(request, origin, { options, total })

/** Sends one attempt per call through the stage. */
export const perCall = (stage: AttemptInterceptor, backend: SendCall): SendCall => {
  const send = stage.around((sent, attempt) => backend(sent, attempt.call))
  return (sent, call) => send(sent, new Attempt(call))
}

type Options = Parameters<typeof callTo>[1]

/** What calls the stage. Calls share one origin. */
export const sender = (
  stage: CallInterceptor | AttemptInterceptor,
  origin: OriginState.OriginState,
  backend: SendCall
) => {
  const send = isCall(stage) ? stage.around(backend) : perCall(stage, backend)
  return (options?: Options) => Effect.flatMap(callTo(origin, options), (call) => send(request, call))
}

const isCall = (each: CallInterceptor | AttemptInterceptor): each is CallInterceptor =>
  callStages.some((stage) => stage === each.stage)

/** Lets fibers that were just forked come to where they wait. */
export const settle = Effect.repeatN(Effect.yieldNow(), 50)

/** Calls of all priorities, each named by its key, which reach the stage one after the other. */
export const arriving = (send: ReturnType<typeof sender>) => {
  const arrivals: ReadonlyArray<[string, CallOptions["priority"]]> = [
    ["first", "low"],
    ["low 1", "low"],
    ["normal 1", "normal"],
    ["high 1", "high"],
    ["low 2", "low"],
    ["normal 2", undefined],
    ["high 2", "high"]
  ]
  return Effect.forEach(arrivals, ([idempotencyKey, priority]) =>
    Effect.zipRight(
      Effect.fork(send({ idempotencyKey, ...(priority === undefined ? {} : { priority }) })),
      settle
    ), { discard: true })
}

/** Counts what sleeps on the clock. */
export const countingSleeps = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<[A, () => number], E, R> =>
  Effect.clockWith((clock) => {
    let asleep = 0
    const counting: Clock.Clock = Object.assign(Object.create(clock), {
      sleep: (duration: Parameters<Clock.Clock["sleep"]>[0]) =>
        Effect.suspend(() => {
          asleep++
          return Effect.ensuring(clock.sleep(duration), Effect.sync(() => asleep--))
        })
    })
    return Effect.map(
      Effect.withClock(effect, counting),
      (value) => [value, () => asleep] as const as [A, () => number]
    )
  })

/** How long a failure asks to wait, in milliseconds. */
export const retryAfterOf = (failure: object): number | undefined =>
  "retryAfter" in failure && Duration.isDuration(failure.retryAfter) ? Duration.toMillis(failure.retryAfter) : undefined
