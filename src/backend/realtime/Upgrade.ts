/**
 * Who may open the realtime connection.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Either, Option, Ref } from "effect"
import { realtimePath } from "../../infrastructure/network/api/contract/RealtimeFrame.ts"
import { FaultInjector } from "../faults/FaultInjector.ts"
import { faultResponse } from "../http/Application.ts"
import * as BearerToken from "../http/BearerToken.ts"
import * as Problems from "../http/Problems.ts"
import * as Routes from "../http/Routes.ts"
import { withServerSpan } from "../http/ServerSpan.ts"
import { SessionStore } from "../store/SessionStore.ts"
import type { Authenticated } from "../store/SessionStore.ts"

/** An answer that ends the HTTP part of the connection; the conversation follows. */
const switching = HttpServerResponse.empty({ status: 101 })

/** The account behind an upgrade request, or the plain HTTP answer to refuse it with. */
export const make = Effect.gen(function*() {
  const sessions = yield* SessionStore
  const faults = yield* FaultInjector

  const admit = Effect.fnUntraced(function*(path: string, headers: Headers.Headers) {
    const verdict = yield* faults.judge(path)
    yield* verdict.delay
    const fault = faultResponse(verdict)
    if (Option.isSome(fault)) return yield* Effect.fail(fault.value)
    if (path !== realtimePath) return yield* Effect.fail(Problems.respond(Problems.notFound()))
    const found = yield* Problems.orUnavailable(sessions.authenticate(BearerToken.of(headers))).pipe(
      Effect.mapError((problem) => Problems.respond(problem))
    )
    if (Option.isNone(found)) return yield* Effect.fail(Problems.respond(Problems.unauthorized(), { scheme: "Bearer" }))
    return found.value
  })

  return Effect.fnUntraced(function*(url: string, input: Headers.Input) {
    const headers = Headers.fromInput(input)
    const admitted = yield* Ref.make(Option.none<Authenticated>())
    const answer = admit(Routes.pathOf(url), headers).pipe(
      Effect.flatMap((authenticated) => Ref.set(admitted, Option.some(authenticated))),
      Effect.match({ onFailure: (refusal) => refusal, onSuccess: () => switching })
    )
    const response = yield* withServerSpan({ headers, method: "GET", url }, answer)
    return Either.fromOption(yield* Ref.get(admitted), () => response)
  })
})
