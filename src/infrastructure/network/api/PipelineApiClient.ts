/**
 * `ApiClient` over the pipeline, signed.
 */
import { Effect, Layer } from "effect"
import type { Connectivity } from "../../../domain/network/Connectivity.ts"
import { AccessTokens } from "./AccessTokens.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiOrigin } from "./ApiOrigin.ts"
import type { ApiPolicy } from "./ApiPolicy.ts"
import type { OriginStates } from "./origin/OriginState.ts"
import * as Pipeline from "./Pipeline.ts"
import type { Reachability } from "./Reachability.ts"
import * as RemoteCall from "./RemoteCall.ts"
import * as StrataClient from "./StrataClient.ts"
import type { Transport } from "./transport/Transport.ts"
import type { VersionNotices } from "./version/VersionNotices.ts"

export const make = Effect.gen(function*() {
  const http = yield* Pipeline.signed(yield* AccessTokens)
  const client = yield* StrataClient.make(http)
  return ApiClient.of({ call: RemoteCall.signed(client), http })
})

export const layer: Layer.Layer<
  ApiClient,
  never,
  AccessTokens | ApiOrigin | ApiPolicy | Connectivity | OriginStates | Reachability | Transport | VersionNotices
> = Layer.scoped(ApiClient, make)
