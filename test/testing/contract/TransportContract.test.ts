import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Effect, Layer } from "effect"
import { TransportFailure } from "../../../src/infrastructure/network/api/ApiError.ts"
import * as MemoryTransport from "../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import { Transport } from "../../../src/infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../../../src/infrastructure/network/api/transport/Transport.ts"
import { contract } from "../../../src/testing/contract/TransportContract.ts"
import { bites } from "../../../src/testing/vitest.ts"
import * as StepServer from "../../infrastructure/network/api/transport/StepServer.ts"

type Exchange = typeof Transport.Service["exchange"]

/** A sound adapter with its exchange changed. */
const broken = (change: (exchange: Exchange) => Exchange) =>
  Layer.effect(Transport, Effect.map(Transport, ({ exchange }) => ({ exchange: change(exchange) }))).pipe(
    Layer.provide(MemoryTransport.layer),
    Layer.provideMerge(StepServer.memory)
  )

const unlimited = Number.POSITIVE_INFINITY

const without = (...names: ReadonlyArray<keyof PhaseLimits>) =>
  broken((exchange) => (request, limits) =>
    exchange(request, { ...limits, ...Object.fromEntries(names.map((name) => [name, unlimited])) })
  )

bites(contract, "keeps no limit of the call", without("total"))
bites(contract, "keeps no limit of the head", without("headers"))
bites(contract, "lets bodies stall", without("bodyIdle"))
bites(
  contract,
  "fails for error statuses",
  broken((exchange) => (request, limits) =>
    Effect.filterOrFail(
      exchange(request, limits),
      ({ status }) => status < 400,
      () => new TransportFailure({ reason: "other", sent: "maybe" })
    )
  )
)
bites(
  contract,
  "claims that nothing was sent",
  broken((exchange) => (request, limits) =>
    Effect.mapError(
      exchange(request, limits),
      (failure) =>
        failure._tag === "TransportFailure" ? new TransportFailure({ reason: failure.reason, sent: "no" }) : failure
    )
  )
)
bites(
  contract,
  "changes headers",
  broken((exchange) => (request, limits) => exchange(HttpClientRequest.setHeader(request, "x-sent", "no"), limits))
)
bites(
  contract,
  "reads event streams whole",
  broken((exchange) => (request, limits) =>
    exchange(HttpClientRequest.setHeader(request, "accept", "text/plain"), limits)
  )
)
bites(
  contract,
  "goes on after an interruption",
  broken((exchange) => (request, limits) => Effect.disconnect(Effect.uninterruptible(exchange(request, limits))))
)
bites(
  contract,
  "follows redirects",
  broken((exchange) => (request, limits) =>
    Effect.map(
      exchange(request, limits),
      (response) => response.status === 302 ? HttpClientResponse.fromWeb(request, new Response("elsewhere")) : response
    )
  )
)
