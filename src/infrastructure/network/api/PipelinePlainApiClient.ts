/**
 * `PlainApiClient` over the same pipeline without its auth stage.
 */
import { Effect, Layer } from "effect"
import type { Connectivity } from "../../../domain/network/Connectivity.ts"
import type { ApiOrigin } from "./ApiOrigin.ts"
import type { ApiPolicy } from "./ApiPolicy.ts"
import type { OriginStates } from "./origin/OriginState.ts"
import * as Pipeline from "./Pipeline.ts"
import { PlainApiClient } from "./PlainApiClient.ts"
import type { Reachability } from "./Reachability.ts"
import * as RemoteCall from "./RemoteCall.ts"
import * as StrataClient from "./StrataClient.ts"
import type { Transport } from "./transport/Transport.ts"
import type { VersionNotices } from "./version/VersionNotices.ts"

export const make = Effect.gen(function*() {
  const client = yield* StrataClient.make(yield* Pipeline.plain)
  return PlainApiClient.of({ call: RemoteCall.plain(client) })
})

export const layer: Layer.Layer<
  PlainApiClient,
  never,
  ApiOrigin | ApiPolicy | Connectivity | OriginStates | Reachability | Transport | VersionNotices
> = Layer.effect(
  PlainApiClient,
  make
)
