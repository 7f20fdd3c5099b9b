/**
 * Calls through the cache and the wire, without the other stages.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Layer, Option } from "effect"
import type { Scope } from "effect"
import { UserId } from "../../../../../src/domain/auth/User.ts"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import { AccessTokens } from "../../../../../src/infrastructure/network/api/AccessTokens.ts"
import { Offline } from "../../../../../src/infrastructure/network/api/ApiError.ts"
import * as ApiPolicy from "../../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as OriginState from "../../../../../src/infrastructure/network/api/origin/OriginState.ts"
import { fuse } from "../../../../../src/infrastructure/network/api/Pipeline.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as HttpCache from "../../../../../src/infrastructure/network/interceptors/HttpCache.ts"
import type {
  CallInterceptor,
  Interceptor
} from "../../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as Wire from "../../../../../src/infrastructure/network/interceptors/Wire.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as ScriptedTransport from "../../../../../src/testing/ScriptedTransport.ts"
import * as CallFixture from "../../interceptors/CallFixture.ts"
import type { Fetch } from "./CacheTests.ts"

const origin = OriginState.make("http://api.test", ApiPolicy.defaults)

/** Who asks where a test is about one account only. */
export const reader = UserId.make("reader")

/** Tells who is signed in, and signs nothing. */
export const tokensOf = (principal: () => Option.Option<UserId>) =>
  AccessTokens.of({
    credentials: () => Effect.dieMessage("nobody signs here"),
    rejected: () => Effect.void,
    principal: Effect.sync(principal)
  })

interface Options {
  readonly cache: typeof Cache.Service
  /** Of `reader` unless told. */
  readonly tokens?: typeof AccessTokens.Service
}

/** Sends requests; every call is a new one. */
export const make = ({ cache, tokens }: Options, more: ReadonlyArray<Interceptor> = []) =>
  Effect.gen(function*() {
    const stage = yield* HttpCache.make({ cache, tokens: tokens ?? tokensOf(() => Option.some(reader)) })
    const send = fuse([stage, Wire.make(), ...more], yield* Transport)
    return (request: HttpClientRequest.HttpClientRequest, settings: CallFixture.About = {}) =>
      Effect.flatMap(
        CallFixture.make(request, origin, { options: tokens === undefined ? { principal: reader } : {}, ...settings }),
        (call) => send(request, call)
      )
  })

type Send = Effect.Effect.Success<ReturnType<typeof make>>

/** What a script is asked through the cache; `line.cut` is as if there was no network. */
export const using = <A, E>(
  script: ScriptedTransport.Script,
  body: (
    send: Send,
    exchanges: ReadonlyArray<ScriptedTransport.Exchange>,
    line: { cut: boolean }
  ) => Effect.Effect<A, E, Scope.Scope>,
  broken?: (cache: typeof Cache.Service) => typeof Cache.Service
) =>
  Effect.suspend(() => {
    const transport = ScriptedTransport.make(script)
    const line = { cut: false }
    const gate: CallInterceptor = {
      stage: "offline",
      around: (next) => (request, call) =>
        Effect.suspend(() => line.cut ? Effect.fail(new Offline()) : next(request, call))
    }
    return Effect.gen(function*() {
      const cache = yield* Cache
      const send = yield* make({ cache: broken === undefined ? cache : broken(cache) }, [gate])
      return yield* body(send, transport.exchanges, line)
    }).pipe(Effect.provide(Layer.merge(transport.layer, MemoryCache.layer)), Effect.scoped)
  })

/** As `fetch` writes requests, as far as the conformance tests ask for it. */
export const toFetch =
  (send: (request: HttpClientRequest.HttpClientRequest) => Promise<HttpClientResponse>): Fetch =>
  async (url, init = {}) => {
    const headers = new Headers(init.headers === undefined ? [] : [...init.headers])
    if (init.cache === "no-cache" && !headers.has("cache-control")) headers.set("cache-control", "max-age=0")
    if (init.cache === "no-store" || init.cache === "reload") {
      if (!headers.has("pragma")) headers.set("pragma", "no-cache")
      if (!headers.has("cache-control")) headers.set("cache-control", "no-cache")
    }
    // The tests have methods of their own.
    const method = (init.method ?? "GET") as "GET"
    const response = await send(HttpClientRequest.modify(HttpClientRequest.get(url), {
      method,
      headers: Object.fromEntries(headers),
      ...(init.body === undefined ? {} : { body: HttpBody.text(init.body) })
    }))
    return {
      status: response.status,
      headers: new Headers(response.headers),
      text: () => Effect.runPromise(Effect.orDie(response.text))
    }
  }
