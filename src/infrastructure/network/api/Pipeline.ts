/**
 * All stages of a request in one client. The order of the stages is `Stage.ts`, whoever gives them.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Array, Clock, Context, Effect } from "effect"
import { Connectivity } from "../../../domain/network/Connectivity.ts"
import { Rejected } from "../../../domain/network/RemoteFailure.ts"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import { Cache } from "../../../domain/storage/Cache.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as AdaptiveThrottle from "../interceptors/AdaptiveThrottle.ts"
import { Attempt } from "../interceptors/Attempt.ts"
import * as AttemptDeadline from "../interceptors/AttemptDeadline.ts"
import * as Auth from "../interceptors/Auth.ts"
import * as Bulkhead from "../interceptors/Bulkhead.ts"
import { Call } from "../interceptors/Call.ts"
import * as CircuitBreaker from "../interceptors/CircuitBreaker.ts"
import * as ConnectivityProbe from "../interceptors/ConnectivityProbe.ts"
import * as Hedge from "../interceptors/Hedge.ts"
import * as HttpCache from "../interceptors/HttpCache.ts"
import * as IdempotencyKey from "../interceptors/IdempotencyKey.ts"
import type {
  AttemptInterceptor,
  CallInterceptor,
  Interceptor,
  LoopInterceptor,
  SendAttempt,
  SendCall
} from "../interceptors/Interceptor.ts"
import * as Observe from "../interceptors/Observe.ts"
import * as OfflineGate from "../interceptors/OfflineGate.ts"
import * as RateLimit from "../interceptors/RateLimit.ts"
import * as Redirect from "../interceptors/Redirect.ts"
import * as RemoteFailures from "../interceptors/RemoteFailures.ts"
import * as Retry from "../interceptors/Retry.ts"
import { attemptStages, callStages } from "../interceptors/Stage.ts"
import * as TotalDeadline from "../interceptors/TotalDeadline.ts"
import * as Version from "../interceptors/Version.ts"
import * as Wire from "../interceptors/Wire.ts"
import type { AccessTokens } from "./AccessTokens.ts"
import * as Answered from "./Answered.ts"
import { ApiOrigin } from "./ApiOrigin.ts"
import { ApiPolicy, defaults } from "./ApiPolicy.ts"
import type { EndpointPolicy } from "./ApiPolicy.ts"
import * as CallOptions from "./CallOptions.ts"
import type { Kind } from "./origin/Kind.ts"
import { OriginStates } from "./origin/OriginState.ts"
import * as PipelineConfig from "./PipelineConfig.ts"
import { Reachability } from "./Reachability.ts"
import { Transport } from "./transport/Transport.ts"
import type { PhaseLimits } from "./transport/Transport.ts"
import { templateOf } from "./UrlTemplate.ts"
import { VersionNotices } from "./version/VersionNotices.ts"

const unlimited: PhaseLimits = {
  connect: Number.POSITIVE_INFINITY,
  headers: Number.POSITIVE_INFINITY,
  bodyIdle: Number.POSITIVE_INFINITY,
  attempt: Number.POSITIVE_INFINITY,
  total: Number.POSITIVE_INFINITY
}

const isLoop = (each: Interceptor): each is LoopInterceptor => each.stage === "retry" || each.stage === "hedge"
const isCall = (each: Interceptor): each is CallInterceptor => Array.contains<string>(callStages, each.stage)
const isAttempt = (each: Interceptor): each is AttemptInterceptor => Array.contains<string>(attemptStages, each.stage)

/** Sorts the stages and makes one function of them; each wraps those that come after it. */
export const fuse = (interceptors: ReadonlyArray<Interceptor>, transport: typeof Transport.Service): SendCall => {
  const exchange: SendAttempt = (request, attempt) => transport.exchange(request, attempt.limits ?? unlimited)
  const attempts = attemptStages.flatMap((stage) =>
    interceptors.filter(isAttempt).filter((each) => each.stage === stage)
  ).reduceRight((next, each) => each.around(next), exchange)

  const once: SendCall = (request, call) => attempts(request, new Attempt(call))
  const loop = (stage: "retry" | "hedge") => interceptors.filter(isLoop).find((each) => each.stage === stage)
  const retried = loop("retry")?.around(attempts) ?? once
  const hedged = loop("hedge")?.around(attempts) ?? retried
  const looped: SendCall = (request, call) => (call.endpoint.hedge === undefined ? retried : hedged)(request, call)

  return callStages.flatMap((stage) => interceptors.filter(isCall).filter((each) => each.stage === stage))
    .reduceRight((next, each) => each.around(next), looped)
}

const noPolicy: EndpointPolicy = {}

/** Requests name paths; the backend's origin is put in front here, and nothing can be sent anywhere else. */
const toClient = (send: SendCall) =>
  Effect.gen(function*() {
    const { url } = yield* ApiOrigin
    const states = yield* OriginStates
    const { endpoints } = yield* ApiPolicy
    const base = new URL(url).origin
    const judged = RemoteFailures.around(send)
    return HttpClient.makeWith<never, never, RemoteFailure | SecretFailure, never>(
      Effect.flatMap((request) => {
        if (!request.url.startsWith("/")) {
          return Effect.fail(new Rejected({ issues: ["url: has to be a path of the backend"] }))
        }
        const template = templateOf(request.method, request.url)
        return Effect.withFiberRuntime<HttpClientResponse, RemoteFailure | SecretFailure>((fiber) => {
          const call = new Call({
            method: request.method,
            template,
            endpoint: endpoints[`${request.method} ${template}`] ?? noPolicy,
            options: fiber.getFiberRef(CallOptions.current),
            origin: states.of(base),
            clock: Context.get(fiber.currentDefaultServices, Clock.Clock)
          })
          return Effect.map(judged(HttpClientRequest.setUrl(request, base + request.url), call), (response) => {
            Answered.remember(fiber, call, response.status)
            return response
          })
        })
      }),
      Effect.succeed
    )
  })

const stages = (kind: Kind) =>
  Effect.gen(function*() {
    const policy = yield* ApiPolicy
    const reachability = yield* Reachability
    return [
      Observe.make(),
      Redirect.make(yield* OriginStates),
      Version.make(policy, yield* VersionNotices),
      TotalDeadline.make(policy),
      IdempotencyKey.make(),
      Retry.make(policy),
      Hedge.make(kind, policy),
      OfflineGate.make(yield* Connectivity, reachability),
      Bulkhead.make(kind),
      AdaptiveThrottle.make(),
      RateLimit.make(kind),
      CircuitBreaker.make(kind, policy),
      ConnectivityProbe.make(reachability),
      AttemptDeadline.make(policy),
      Wire.make()
    ] satisfies ReadonlyArray<Interceptor>
  })

/** All stages of a client that signs with `tokens`, in no particular order. */
export const signedStages = (tokens: typeof AccessTokens.Service) =>
  Effect.gen(function*() {
    const { url } = yield* ApiOrigin
    const { deadlines } = yield* ApiPolicy
    return [
      ...yield* stages("signed"),
      yield* HttpCache.make({ cache: yield* Cache, tokens }),
      yield* Auth.make(tokens, { origin: new URL(url).origin, limit: deadlines.total })
    ]
  })

/** No stage can be made of a policy that is wrong: what else is wrong is found with stages of the defaults. */
const checkable = <A, E, R>(all: Effect.Effect<A, E, R>) =>
  Effect.updateService(
    all,
    ApiPolicy,
    (policy) => PipelineConfig.problemsOfPolicy(policy).length === 0 ? policy : defaults
  )

const client = <E, R>(
  kind: Kind,
  all: Effect.Effect<ReadonlyArray<Interceptor>, E, R>,
  own: ReadonlyArray<Interceptor>
) =>
  Effect.gen(function*() {
    const transport = yield* Transport
    const interceptors = [...yield* checkable(all), ...own]
    yield* PipelineConfig.check(yield* ApiPolicy, { interceptors, kind })
    return yield* toClient(fuse(interceptors, transport))
  })

/** Requests are signed with `tokens`. `own` interceptors come after those of their stages. */
export const signed = (tokens: typeof AccessTokens.Service, own: ReadonlyArray<Interceptor>) =>
  client("signed", signedStages(tokens), own)

/** Requests are sent as they are. */
export const plain = (own: ReadonlyArray<Interceptor>) => client("plain", stages("plain"), own)
