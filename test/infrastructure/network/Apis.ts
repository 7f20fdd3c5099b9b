/**
 * The pipeline over servers and tokens of a test.
 */
import { Layer } from "effect"
import type { AccessTokens } from "../../../src/infrastructure/network/api/AccessTokens.ts"
import { ApiOrigin } from "../../../src/infrastructure/network/api/ApiOrigin.ts"
import * as ApiPolicy from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as MemoryConnectivity from "../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import * as OriginStates from "../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as PipelineApiClient from "../../../src/infrastructure/network/api/PipelineApiClient.ts"
import * as PipelinePlainApiClient from "../../../src/infrastructure/network/api/PipelinePlainApiClient.ts"
import type { MemoryServer } from "../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as MemoryTransport from "../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import * as VersionNotices from "../../../src/infrastructure/network/api/version/VersionNotices.ts"
import * as MemoryCache from "../../../src/infrastructure/storage/cache/MemoryCache.ts"

export const origin = Layer.succeed(ApiOrigin, { url: "http://api.test:8080" })

export const policy = Layer.provideMerge(Layer.merge(OriginStates.layer, VersionNotices.layer), ApiPolicy.layer())

/** What both clients stand on, but for the tokens. */
export const parts = (server: Layer.Layer<MemoryServer>) =>
  Layer.mergeAll(
    MemoryConnectivity.layer,
    MemoryTransport.layer.pipe(Layer.provide(server)),
    MemoryCache.layer,
    origin,
    policy
  )

export const layer = (server: Layer.Layer<MemoryServer>, tokens: Layer.Layer<AccessTokens>) =>
  Layer.merge(PipelineApiClient.layer, PipelinePlainApiClient.layer).pipe(
    Layer.provide(parts(server)),
    Layer.merge(MemoryConnectivity.layer),
    Layer.provideMerge(tokens)
  )
