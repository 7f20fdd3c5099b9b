/**
 * `PlainApiClient` over the same pipeline without its auth stage.
 */
import { Effect, Layer } from "effect"
import type { Connectivity } from "../../../domain/network/Connectivity.ts"
import type { Interceptor } from "../interceptors/Interceptor.ts"
import type { ApiOrigin } from "./ApiOrigin.ts"
import type { ApiPolicy } from "./ApiPolicy.ts"
import type { OriginStates } from "./origin/OriginState.ts"
import * as Pipeline from "./Pipeline.ts"
import type { NetworkConfigError } from "./PipelineConfig.ts"
import { PlainApiClient } from "./PlainApiClient.ts"
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
    const client = yield* StrataClient.make(yield* Pipeline.plain(interceptors))
    return PlainApiClient.of({ call: RemoteCall.plain(client) })
  })

/** Fails when the policy and the stages do not go together, with everything that is wrong. */
export const layerWith = (options: Options): Layer.Layer<
  PlainApiClient,
  NetworkConfigError,
  ApiOrigin | ApiPolicy | Connectivity | OriginStates | Reachability | Transport | VersionNotices
> => Layer.effect(PlainApiClient, make(options))

export const layer = layerWith({})
