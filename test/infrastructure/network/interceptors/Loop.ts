/**
 * The stages that decide when and how often a request goes out, over a transport that a test scripts, in virtual time.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { Effect, Random } from "effect"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { ApiPolicyOptions } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as OriginState from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import { fuse } from "../../../../src/infrastructure/network/api/Pipeline.ts"
import { BufferedResponse } from "../../../../src/infrastructure/network/api/transport/BufferedResponse.ts"
import type { Transport } from "../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as AttemptDeadline from "../../../../src/infrastructure/network/interceptors/AttemptDeadline.ts"
import type { Call } from "../../../../src/infrastructure/network/interceptors/Call.ts"
import * as Hedge from "../../../../src/infrastructure/network/interceptors/Hedge.ts"
import * as IdempotencyKey from "../../../../src/infrastructure/network/interceptors/IdempotencyKey.ts"
import type { Interceptor } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as RateLimit from "../../../../src/infrastructure/network/interceptors/RateLimit.ts"
import * as Retry from "../../../../src/infrastructure/network/interceptors/Retry.ts"
import * as TotalDeadline from "../../../../src/infrastructure/network/interceptors/TotalDeadline.ts"
import * as ScriptedTransport from "../../../../src/testing/ScriptedTransport.ts"
import { EventClock } from "../EventClock.ts"
import * as CallFixture from "./CallFixture.ts"

export const url = "http://api.test"

/** `more` are further stages. */
export const over = (
  transport: typeof Transport.Service,
  sections: Partial<ApiPolicyOptions> = {},
  more: ReadonlyArray<Interceptor> = []
) => {
  const policy = { ...ApiPolicy.defaults, ...sections }
  const origin = OriginState.make(url, policy)
  const send = fuse([
    TotalDeadline.make(policy),
    IdempotencyKey.make(),
    Retry.make(policy),
    Hedge.make("signed", policy),
    RateLimit.make("signed"),
    AttemptDeadline.make(policy),
    ...more
  ], transport)
  const calls: Array<Call> = []
  const call = (request: HttpClientRequest, about: Pick<CallFixture.About, "endpoint" | "options"> = {}) =>
    Effect.flatMap(CallFixture.make(request, origin, { template: "/things", ...about }), (made) => {
      calls.push(made)
      return send(request, made)
    })
  return { call, calls, origin }
}

/** Answers are complete when they are handed over, as small ones of the real transport are. */
export const scripted = (
  script: ScriptedTransport.Script,
  sections: Partial<ApiPolicyOptions> = {},
  more: ReadonlyArray<Interceptor> = []
) => {
  const { exchanges, transport } = ScriptedTransport.make(script)
  const exchange: typeof transport.exchange = (request, limits) =>
    Effect.flatMap(transport.exchange(request, limits), (response) =>
      response.arrayBuffer.pipe(
        Effect.orElseSucceed(() => new ArrayBuffer(0)),
        Effect.map((bytes) => new BufferedResponse(request, response.status, response.headers, new Uint8Array(bytes)))
      ))
  return { ...over({ exchange }, sections, more), exchanges }
}

/** In time that passes as fast as it can, with the same chances each time. */
export const inVirtualTime = (clock = new EventClock(), seed = 1) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.withClock(clock), Effect.withRandom(Random.make(seed)))
