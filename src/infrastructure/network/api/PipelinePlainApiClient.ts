/**
 * `PlainApiClient` over the same pipeline without its auth stage.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import { Effect, Layer } from "effect"
import type { ApiOrigin } from "./ApiOrigin.ts"
import * as Pipeline from "./Pipeline.ts"
import { PlainApiClient } from "./PlainApiClient.ts"
import type { Reachability } from "./Reachability.ts"
import * as RemoteCall from "./RemoteCall.ts"
import * as StrataClient from "./StrataClient.ts"

export const make = Effect.gen(function*() {
  const client = yield* StrataClient.make(yield* Pipeline.plain)
  return PlainApiClient.of({ call: RemoteCall.plain(client) })
})

export const layer: Layer.Layer<PlainApiClient, never, HttpClient.HttpClient | ApiOrigin | Reachability> = Layer.effect(
  PlainApiClient,
  make
)
