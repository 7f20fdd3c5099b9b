/**
 * Stages of a test over a scripted transport, and calls that go through them.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Layer } from "effect"
import type { EndpointPolicy } from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as ApiPolicy from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { CallOptions } from "../../../src/infrastructure/network/api/CallOptions.ts"
import * as OriginState from "../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as Pipeline from "../../../src/infrastructure/network/api/Pipeline.ts"
import { templateOf } from "../../../src/infrastructure/network/api/UrlTemplate.ts"
import { Call } from "../../../src/infrastructure/network/interceptors/Call.ts"
import type { Interceptor } from "../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as ScriptedTransport from "../../../src/testing/ScriptedTransport.ts"

export const origin = "http://api.test:8080"

export const origins = Layer.provideMerge(OriginState.layer, ApiPolicy.layer())

interface Told {
  readonly endpoint?: EndpointPolicy
  readonly options?: CallOptions
  /** Milliseconds until the call is over. */
  readonly total?: number
}

export const callOf = ({ method, url }: HttpClientRequest.HttpClientRequest, told: Told = {}) =>
  Effect.gen(function*() {
    const states = yield* OriginState.OriginStates
    const call = new Call({
      method,
      template: templateOf(method, url.slice(origin.length)),
      endpoint: told.endpoint ?? {},
      options: told.options ?? {},
      origin: states.of(origin),
      clock: yield* Effect.clock
    })
    if (told.total !== undefined) call.deadline = call.now() + told.total
    return call
  })

export const get = HttpClientRequest.get(`${origin}/v2/profile`)

/** `send` gives the answer and the call, so that a test sees what became of both. */
export const make = (stages: ReadonlyArray<Interceptor>, script: ScriptedTransport.Script) => {
  const { exchanges, transport } = ScriptedTransport.make(script)
  const fused = Pipeline.fuse(stages, transport)
  const send = (request: HttpClientRequest.HttpClientRequest = get, told: Told = {}) =>
    Effect.flatMap(callOf(request, told), (call) => fused(request, call))
  return { exchanges, send, fused }
}
