/**
 * A network that is refused to who holds up all other writers of the database. For the environments of people who build
 * the application: a request in a write transaction is a bug, and shows as one only when the network is slow.
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import { Context, Effect, Either, Layer } from "effect"
import { Transport } from "../network/api/transport/Transport.ts"
import * as TransportHttpClient from "../network/api/transport/TransportHttpClient.ts"
import { RealtimeSocket } from "../network/websocket/RealtimeSocket.ts"
import { refuseInside } from "../storage/local/WriteTransaction.ts"

/** Without the query, which may tell what a person looked for. */
const nameOf = ({ hash, method, url, urlParams }: HttpClientRequest) =>
  Either.match(UrlParams.makeUrl(url, urlParams, hash), {
    onLeft: () => `A ${method} request`,
    onRight: ({ pathname }) => `The request ${method} ${pathname}`
  })

/** Dies for a request that is sent inside a write transaction. */
export const transport = <E, R>(layer: Layer.Layer<Transport | HttpClient, E, R>) =>
  Layer.map(layer, (context) => {
    const inner = Context.get(context, Transport)
    const guarded = Transport.of({
      exchange: (request, limits) => Effect.zipRight(refuseInside(nameOf(request)), inner.exchange(request, limits))
    })
    return TransportHttpClient.withTransport(guarded)
  })

/** Dies for a connection that is opened inside a write transaction. */
export const socket = <E, R>(layer: Layer.Layer<RealtimeSocket, E, R>) =>
  Layer.map(layer, (context) => {
    const { open } = Context.get(context, RealtimeSocket)
    return Context.make(RealtimeSocket, {
      open: (url, headers) => Effect.zipRight(refuseInside("Opening a WebSocket"), open(url, headers))
    })
  })
