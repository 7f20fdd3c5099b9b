/**
 * Who may open the realtime connection.
 */
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import { Effect, Either, Option } from "effect"
import { realtimePath } from "../../infrastructure/network/api/contract/RealtimeFrame.ts"
import { FaultInjector } from "../faults/FaultInjector.ts"
import { faultResponse } from "../http/Application.ts"
import * as BearerToken from "../http/BearerToken.ts"
import * as Problems from "../http/Problems.ts"
import * as Routes from "../http/Routes.ts"
import { SessionStore } from "../store/SessionStore.ts"
import type { Authenticated } from "../store/SessionStore.ts"

/** The account behind an upgrade request, or the plain HTTP answer to refuse it with. */
export const make = Effect.gen(function*() {
  const sessions = yield* SessionStore
  const faults = yield* FaultInjector

  return Effect.fnUntraced(function*(
    url: string,
    headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  ): Effect.fn.Return<Either.Either<Authenticated, HttpServerResponse>> {
    const verdict = yield* faults.judge(Routes.pathOf(url))
    yield* Effect.sleep(verdict.delay)
    const fault = faultResponse(verdict)
    if (Option.isSome(fault)) return Either.left(fault.value)
    if (Routes.pathOf(url) !== realtimePath) return Either.left(Problems.respond(Problems.notFound()))
    const found = yield* Effect.either(Problems.orUnavailable(sessions.authenticate(BearerToken.of(headers))))
    return Either.mapLeft(
      Either.flatMap(found, Either.fromOption(() => Problems.unauthorized())),
      (problem) => Problems.respond(problem)
    )
  })
})
