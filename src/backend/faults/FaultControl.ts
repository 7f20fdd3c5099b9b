/**
 * The fault switch for other processes of this machine: `POST /faults` on a port of its own, so that it works while
 * the backend's connections are cut.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect } from "effect"
import type { Scope } from "effect"
import type { CannotListen } from "../BackendAddress.ts"
import * as LoopbackServer from "../http/LoopbackServer.ts"
import * as Problems from "../http/Problems.ts"
import * as Routes from "../http/Routes.ts"
import { Fault, FaultsUnavailable } from "./Fault.ts"
import { FaultInjector } from "./FaultInjector.ts"

/** A web page can post text across origins without asking, but not JSON (Fetch, CORS-safelisted request-header). */
const isJson = (contentType: string | undefined) => contentType?.toLowerCase().startsWith("application/json") === true

/** Listens until the scope closes; gives its URL. */
export const serve: Effect.Effect<string, CannotListen, FaultInjector | Scope.Scope> = Effect.gen(function*() {
  const faults = yield* FaultInjector
  const { server, url } = yield* LoopbackServer.make(0)

  const app = Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (request.method !== "POST" || Routes.pathOf(request.url) !== "/faults") {
      return Problems.respond(Problems.notFound())
    }
    if (!isJson(request.headers["content-type"])) return Problems.respond(Problems.rejected())
    yield* faults.apply(yield* HttpServerRequest.schemaBodyJson(Fault))
    return HttpServerResponse.empty({ status: 204 })
  }).pipe(Effect.catchAll(() => Effect.succeed(Problems.respond(Problems.rejected()))))

  const handler = yield* HttpMiddleware.withTracerDisabledWhenEffect(NodeHttpServer.makeHandler(app), () => true)
  server.on("request", handler)
  return url
})

/** Applies a fault to the backend whose switch listens at `url`. */
export const apply = Effect.fnUntraced(
  function*(url: string, fault: Fault) {
    const http = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const request = yield* HttpClientRequest.schemaBodyJson(Fault)(HttpClientRequest.post(`${url}/faults`), fault)
    yield* Effect.scoped(Effect.flatMap(http.execute(request), HttpClientResponse.filterStatusOk))
  },
  Effect.mapError(() => new FaultsUnavailable())
)
