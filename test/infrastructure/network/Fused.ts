/**
 * Stages of a test over a scripted transport, and calls that go through them.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Layer } from "effect"
import * as ApiPolicy from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as OriginState from "../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as Pipeline from "../../../src/infrastructure/network/api/Pipeline.ts"
import { templateOf } from "../../../src/infrastructure/network/api/UrlTemplate.ts"
import type { Interceptor } from "../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as ScriptedTransport from "../../../src/testing/ScriptedTransport.ts"
import * as CallFixture from "./interceptors/CallFixture.ts"

export const origin = "http://api.test:8080"

export const origins = Layer.provideMerge(OriginState.layer, ApiPolicy.layer())

export const callOf = (request: HttpClientRequest.HttpClientRequest, about: CallFixture.About = {}) =>
  Effect.flatMap(OriginState.OriginStates, (states) => {
    const template = templateOf(request.method, request.url.slice(origin.length))
    return CallFixture.make(request, states.of(origin), { template, ...about })
  })

export const get = HttpClientRequest.get(`${origin}/v2/profile`)

/** `send` gives the answer and the call, so that a test sees what became of both. */
export const make = (stages: ReadonlyArray<Interceptor>, script: ScriptedTransport.Script) => {
  const { exchanges, transport } = ScriptedTransport.make(script)
  const fused = Pipeline.fuse(stages, transport)
  const send = (request: HttpClientRequest.HttpClientRequest = get, about: CallFixture.About = {}) =>
    Effect.flatMap(callOf(request, about), (call) => fused(request, call))
  return { exchanges, send, fused }
}
