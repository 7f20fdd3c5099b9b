/**
 * A private HTTP cache (RFC 9111) for each account. Fresh answers serve at once, stale ones are asked about with conditional
 * requests, one request serves all who ask for the same, and what the backend allows serves while it cannot be reached.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Effect, Exit, Option } from "effect"
import type { Scope } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import type { Cache } from "../../../domain/storage/Cache.ts"
import type { AccessTokens } from "../api/AccessTokens.ts"
import { DeadlineExceeded, isApiError } from "../api/ApiError.ts"
import * as Answer from "../api/cache/Answer.ts"
import * as CacheControl from "../api/cache/CacheControl.ts"
import type { Directives } from "../api/cache/CacheControl.ts"
import * as CacheKey from "../api/cache/CacheKey.ts"
import * as Conditions from "../api/cache/Conditions.ts"
import * as Flights from "../api/cache/Flights.ts"
import * as Forwarding from "../api/cache/Forwarding.ts"
import type { Asked, Failure, Landed } from "../api/cache/Forwarding.ts"
import * as Freshness from "../api/cache/Freshness.ts"
import * as Invalidations from "../api/cache/Invalidations.ts"
import * as ResponseStore from "../api/cache/ResponseStore.ts"
import * as Unkept from "../api/cache/Unkept.ts"
import * as UnsafeRequests from "../api/cache/UnsafeRequests.ts"
import type { Call } from "./Call.ts"
import type { CallInterceptor, SendCall } from "./Interceptor.ts"

export interface Options {
  readonly cache: typeof Cache.Service
  /** Who asks. */
  readonly tokens: typeof AccessTokens.Service
}

/** Nothing of these is looked up or kept: parts, event streams, and what the caller signed itself. */
const passes = ({ body, headers }: HttpClientRequest, { endpoint }: Call) =>
  endpoint.cache === "no-store" || body._tag !== "Empty" || headers["range"] !== undefined
  || headers["authorization"] !== undefined || headers["if-match"] !== undefined
  || headers["if-unmodified-since"] !== undefined || headers["accept"]?.includes("text/event-stream") === true

const urgencyOf = ({ options: { priority = "normal" } }: Call) => ["low", "normal", "high"].indexOf(priority)

const wantedBy = ({ headers }: HttpClientRequest): Directives =>
  CacheControl.parse(
    headers["cache-control"] ??
      (headers["pragma"]?.toLowerCase().includes("no-cache") === true ? "no-cache" : undefined)
  )

/** Its flights, and what is asked about in the background, end with the scope. */
export const make = ({ cache, tokens }: Options): Effect.Effect<CallInterceptor, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const store = ResponseStore.make(cache)
    const invalidations = Invalidations.make()
    const flights = Flights.make<Landed, Failure>(scope, Forwarding.letGo)
    const unkept = Unkept.make()

    /** `none` when nobody is signed in, it cannot be told who, or the call is for somebody else. */
    const ownerOf = (call: Call): Effect.Effect<Option.Option<UserId>> =>
      Effect.match(tokens.principal, {
        onFailure: () => Option.none(),
        onSuccess: Option.filter((user) => {
          // What is asked about for one account is not answered for another who signs in meanwhile.
          call.principal ??= user
          return call.principal === user
        })
      })

    const isCurrent = (user: UserId) =>
      Effect.match(tokens.principal, { onFailure: () => false, onSuccess: Option.contains(user) })

    const remember = ({ key, request }: Asked, { stored, unkeepable }: Landed) => {
      if (stored !== undefined) return unkept.remove(key)
      if (unkeepable === true) unkept.add(key, request.headers)
    }

    const around = (next: SendCall): SendCall => {
      const forward = Forwarding.make({ store, invalidations, isCurrent })(next)
      const write = UnsafeRequests.make({ store, invalidations, flights })(next)

      const fetched = (asked: Asked) =>
        Effect.tap(forward(asked), (landed) => Effect.sync(() => remember(asked, landed)))

      const alone = (asked: Asked) => Effect.map(fetched(asked), (landed) => Answer.delivered(asked, landed, false))

      /** Who gives up does so for itself; who had less time than others does not decide for them. */
      const shared = (asked: Asked): Effect.Effect<HttpClientResponse, Failure> =>
        flights.share({
          key: asked.key,
          headers: asked.request.headers,
          urgency: urgencyOf(asked.call),
          run: fetched(asked),
          within: asked.call.remaining(),
          late: () => new DeadlineExceeded({ phase: "queue", scope: "total", sent: "no" }),
          use: (exit, joined) => {
            if (Exit.isSuccess(exit)) {
              return joined && exit.value.stored === undefined
                ? alone(asked)
                : Effect.succeed(Answer.delivered(asked, exit.value, joined))
            }
            const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
            const ofOther = joined && isApiError(failure) && failure._tag === "DeadlineExceeded"
              && failure.scope === "total" && asked.call.remaining() > 0
            return ofOther ? shared(asked) : Effect.failCause(exit.cause)
          }
        })

      /** What comes of it is for everybody. */
      const renew = (asked: Asked) => {
        const request = Conditions.plain(asked.request)
        return flights.startAlone({
          key: asked.key,
          headers: request.headers,
          urgency: urgencyOf(asked.call),
          run: fetched({ ...asked, request })
        })
      }

      const decide = (asked: Asked): Effect.Effect<HttpClientResponse, Failure> => {
        const { call, found: { stored }, request, wanted } = asked
        const use = stored === undefined ? "revalidate" : Freshness.use(stored.freshness, wanted, call.date())
        if (stored !== undefined && use !== "revalidate") {
          const answer = Effect.sync(() => Answer.delivered(asked, { stored, handling: { hit: true } }, false))
          return use === "serve"
            ? answer
            : Effect.zipRight(renew(asked), answer)
        }
        if (wanted.has("only-if-cached")) return Effect.succeed(Answer.onlyKept(request))
        if (request.method === "HEAD") return next(request, call)
        return Conditions.areIn(request) ? alone(asked) : shared(asked)
      }

      /** Nothing was kept of the last answer. When this one can be, the next request finds it. */
      const ask = (request: HttpClientRequest, call: Call, key: string) =>
        Effect.tap(next(request, call), (response) =>
          Effect.sync(() => {
            const { headers, status } = response
            const now = call.date()
            if (Freshness.of({ status, headers, sentAt: now, receivedAt: now }) !== undefined) unkept.remove(key)
          }))

      const read = (request: HttpClientRequest, call: Call, wanted: Directives, url: string) =>
        Effect.flatMap(ownerOf(call), (owner) => {
          if (Option.isNone(owner)) return next(request, call)
          const key = CacheKey.primary(owner.value, url)
          if (unkept.has(key, request.headers) && !wanted.has("only-if-cached")) return ask(request, call, key)
          return Effect.flatMap(
            store.find(key, request),
            (found) => decide({ request, call, user: owner.value, key, found, wanted })
          )
        })

      return (request, call) => {
        if (request.method !== "GET" && request.method !== "HEAD") return write(request, call)
        if (passes(request, call)) return next(request, call)
        const wanted = wantedBy(request)
        const url = wanted.has("no-store") ? undefined : CacheKey.urlOf(request)
        return url === undefined ? next(request, call) : read(request, call, wanted, url)
      }
    }
    return { stage: "cache", partition: "principal", around }
  })
