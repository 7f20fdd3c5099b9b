/**
 * `ApiClient` over the pipeline, signed.
 */
import { Effect, Layer } from "effect"
import type { Connectivity } from "../../../domain/network/Connectivity.ts"
import type { Cache } from "../../../domain/storage/Cache.ts"
import type { Interceptor } from "../interceptors/Interceptor.ts"
import { AccessTokens } from "./AccessTokens.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiOrigin } from "./ApiOrigin.ts"
import type { ApiPolicy } from "./ApiPolicy.ts"
import type { OriginStates } from "./origin/OriginState.ts"
import * as Pipeline from "./Pipeline.ts"
import type { NetworkConfigError } from "./PipelineConfig.ts"
import type { Reachability } from "./Reachability.ts"
import * as RemoteCall from "./RemoteCall.ts"
import * as StrataClient from "./StrataClient.ts"
import type { Transport } from "./transport/Transport.ts"
import type { VersionNotices } from "./version/VersionNotices.ts"

interface Options {
  /** Each runs at its stage, after those of the pipeline. */
  readonly interceptors?: ReadonlyArray<Interceptor>
}

export const make = ({ interceptors = [] }: Options = {}) =>
  Effect.gen(function*() {
    const http = yield* Pipeline.signed(yield* AccessTokens, interceptors)
    const client = yield* StrataClient.make(http)
    return ApiClient.of({ call: RemoteCall.signed(client), http })
  })

/** Fails when the policy and the stages do not go together, with everything that is wrong. */
export const layerWith = (options: Options): Layer.Layer<
  ApiClient,
  NetworkConfigError,
  | AccessTokens
  | ApiOrigin
  | ApiPolicy
  | Cache
  | Connectivity
  | OriginStates
  | Reachability
  | Transport
  | VersionNotices
> => Layer.scoped(ApiClient, make(options))

export const layer = layerWith({})
