/**
 * All stages of a request in one client. Reads from the transport outwards.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { Effect, pipe } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as AttemptTimeout from "../interceptors/AttemptTimeout.ts"
import * as BaseUrl from "../interceptors/BaseUrl.ts"
import * as BearerToken from "../interceptors/BearerToken.ts"
import * as ConnectivityProbe from "../interceptors/ConnectivityProbe.ts"
import * as HttpSpan from "../interceptors/HttpSpan.ts"
import type { Send } from "../interceptors/Interceptor.ts"
import * as RemoteFailures from "../interceptors/RemoteFailures.ts"
import * as RetryTransient from "../interceptors/RetryTransient.ts"
import type { AccessTokens } from "./AccessTokens.ts"
import { ApiOrigin } from "./ApiOrigin.ts"
import { buffer, maxBodyBytes } from "./BufferedResponse.ts"
import { intended } from "./OnBehalfOf.ts"
import { Reachability } from "./Reachability.ts"
import { isRepeatable } from "./Repeatable.ts"
import { fromHttpClientError } from "./TransportFailure.ts"
import type { TransportFailure } from "./TransportFailure.ts"
import { templateOf } from "./UrlTemplate.ts"

/** The transport as the innermost stage: no span of its own, answers complete, failures classified. */
const wire = (transport: HttpClient.HttpClient): Send<TransportFailure> => {
  const silent = HttpClient.withTracerDisabledWhen(transport, () => true)
  return (request) =>
    silent.execute(request).pipe(
      Effect.flatMap((response) => buffer(response, maxBodyBytes)),
      Effect.mapError(fromHttpClientError)
    )
}

const toClient = <E>(send: Send<E>): HttpClient.HttpClient.With<E> =>
  HttpClient.makeWith<never, never, E, never>(
    Effect.flatMap((request) =>
      Effect.gen(function*() {
        const template = templateOf(request.method, request.url)
        const repeatable = yield* isRepeatable(request.method)
        return yield* send(request, { template, repeatable, principal: yield* intended, attempts: 0 })
      })
    ),
    Effect.succeed
  )

const stages = Effect.gen(function*() {
  const transport = yield* HttpClient.HttpClient
  const { url } = yield* ApiOrigin
  const reachability = yield* Reachability
  return {
    attempt: pipe(
      wire(transport),
      AttemptTimeout.make<TransportFailure>(),
      HttpSpan.make<TransportFailure>(url),
      ConnectivityProbe.make(reachability)
    ),
    call: <E>(send: Send<E | TransportFailure>): Send<E | RemoteFailure> =>
      pipe(send, RetryTransient.make<E>(), RemoteFailures.make<E>(), BaseUrl.make(url)<E | RemoteFailure>())
  }
})

/** Requests are signed with `tokens`. */
export const signed = (tokens: typeof AccessTokens.Service) =>
  Effect.map(
    stages,
    ({ attempt, call }) => toClient(call<RemoteFailure | SecretFailure>(pipe(attempt, BearerToken.make(tokens)())))
  )

/** Requests are sent as they are. */
export const plain = Effect.map(stages, ({ attempt, call }) => toClient(call<never>(attempt)))
