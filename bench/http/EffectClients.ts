/**
 * Ours, and Effect's own client. Each of those that run at a time is a fiber, as in an application.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Layer, ManagedRuntime, Option, Redacted } from "effect"
import { UserId } from "../../src/domain/auth/User.ts"
import { AccessTokens } from "../../src/infrastructure/network/api/AccessTokens.ts"
import { ApiClient } from "../../src/infrastructure/network/api/ApiClient.ts"
import { ApiOrigin } from "../../src/infrastructure/network/api/ApiOrigin.ts"
import * as ApiPolicy from "../../src/infrastructure/network/api/ApiPolicy.ts"
import * as MemoryConnectivity from "../../src/infrastructure/network/api/MemoryConnectivity.ts"
import * as OriginStates from "../../src/infrastructure/network/api/origin/OriginState.ts"
import * as PipelineApiClient from "../../src/infrastructure/network/api/PipelineApiClient.ts"
import * as UndiciTransport from "../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as VersionNotices from "../../src/infrastructure/network/api/version/VersionNotices.ts"
import * as MemoryCache from "../../src/infrastructure/storage/cache/MemoryCache.ts"
import { check, path } from "./Answer.ts"
import { shares } from "./Client.ts"
import type { Client } from "./Client.ts"

const client = <R, E, E2>(
  layer: Layer.Layer<R, E>,
  once: Effect.Effect<HttpClientResponse, E2, R>
): Client => {
  const runtime = ManagedRuntime.make(layer)
  const request = Effect.map(Effect.flatMap(once, (response) => response.json), check)
  const worker = (requests: number): Effect.Effect<void, E2 | ResponseError, R> => {
    let left = requests
    return Effect.whileLoop({ while: () => left-- > 0, body: () => request, step: () => undefined })
  }
  return {
    run: (requests, concurrency) =>
      runtime.runPromise(
        Effect.forEach(shares(requests, concurrency), worker, { concurrency: "unbounded", discard: true })
      ),
    close: () => runtime.dispose()
  }
}

const anywhere = (http: Layer.Layer<HttpClient.HttpClient>, tracing: Layer.Layer<never>) => (url: string) =>
  client(Layer.merge(http, tracing), Effect.flatMap(HttpClient.HttpClient, (each) => each.get(url)))

export const layerUndici = async (tracing: Layer.Layer<never>) => anywhere(NodeHttpClient.layerUndici, tracing)

/** Our transport and nothing around it. */
export const bare = async (tracing: Layer.Layer<never>) => anywhere(UndiciTransport.layer(), tracing)

const credentials = Effect.succeed({
  principal: UserId.make("ada"),
  generation: 1,
  headers: { authorization: Redacted.make("Bearer of-the-measurements") }
})

const tokens = Layer.succeed(AccessTokens, {
  credentials: () => credentials,
  rejected: () => Effect.void,
  principal: Effect.map(credentials, ({ principal }) => Option.some(principal))
})

/** Every stage, signed. */
export const pipeline = async (tracing: Layer.Layer<never>) => (url: string) =>
  client(
    PipelineApiClient.layer.pipe(
      Layer.provide(MemoryConnectivity.layer),
      Layer.provide([OriginStates.layer, VersionNotices.layer, MemoryCache.layer]),
      Layer.provide([
        UndiciTransport.layer(),
        ApiPolicy.layer(),
        Layer.succeed(ApiOrigin, { url: new URL(url).origin }),
        tokens
      ]),
      Layer.merge(tracing)
    ),
    Effect.flatMap(ApiClient, ({ http }) => http.get(path))
  )
