/**
 * A private HTTP cache (RFC 9111) for each account. Fresh answers serve at once, stale ones are asked about with conditional
 * requests, one request serves all who ask for the same, and what the backend allows serves while it cannot be reached.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Effect, Exit, Option } from "effect"
import type { Scope } from "effect"
import type { Cache } from "../../../domain/storage/Cache.ts"
import type { AccessTokens } from "../api/AccessTokens.ts"
import { DeadlineExceeded, isApiError } from "../api/ApiError.ts"
import * as Answer from "../api/cache/Answer.ts"
import * as CacheControl from "../api/cache/CacheControl.ts"
import type { Directives } from "../api/cache/CacheControl.ts"
import * as CacheKey from "../api/cache/CacheKey.ts"
import type { Partition } from "../api/cache/CacheKey.ts"
import * as Conditions from "../api/cache/Conditions.ts"
import * as Flights from "../api/cache/Flights.ts"
import * as Forwarding from "../api/cache/Forwarding.ts"
import type { Asked, Failure, Landed } from "../api/cache/Forwarding.ts"
import * as Freshness from "../api/cache/Freshness.ts"
import * as Invalidations from "../api/cache/Invalidations.ts"
import * as ResponseStore from "../api/cache/ResponseStore.ts"
import * as Unkept from "../api/cache/Unkept.ts"
import type { Call } from "./Call.ts"
import type { CallInterceptor, SendCall } from "./Interceptor.ts"

export interface Options {
  readonly cache: typeof Cache.Service
  /** Who asks. Without them, for requests that nobody signs, all share one partition. */
  readonly tokens?: typeof AccessTokens.Service
}

const harmless = new Set(["OPTIONS", "TRACE", "QUERY"])

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
    const partitionOf = (call: Call): Effect.Effect<Option.Option<Partition>> =>
      tokens === undefined ? Effect.succeedSome(CacheKey.anonymous) : Effect.match(tokens.principal, {
        onFailure: () => Option.none(),
        onSuccess: Option.flatMap((user) => {
          if (call.principal !== undefined && call.principal !== user) return Option.none()
          // What is asked about for one account is not answered for another who signs in meanwhile.
          call.principal = user
          return Option.some(CacheKey.ofUser(user))
        })
      })

    /** Whose answer it was, once there is one. */
    const partitionAfter = (call: Call): Partition | undefined =>
      tokens === undefined
        ? CacheKey.anonymous
        : call.principal === undefined
        ? undefined
        : CacheKey.ofUser(call.principal)

    const isCurrent = (partition: Partition) =>
      tokens === undefined ? Effect.succeed(true) : Effect.match(tokens.principal, {
        onFailure: () => false,
        onSuccess: Option.exists((user) => CacheKey.ofUser(user) === partition)
      })

    const remember = ({ key, request }: Asked, { stored, unkeepable }: Landed) => {
      if (stored !== undefined) return unkept.remove(key)
      if (unkeepable === true) unkept.add(key, request.headers)
    }

    const around = (next: SendCall): SendCall => {
      const forward = Forwarding.make({ store, invalidations, isCurrent })(next)

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
        Effect.flatMap(partitionOf(call), (partition) => {
          if (Option.isNone(partition)) return next(request, call)
          const key = CacheKey.primary(partition.value, url)
          if (unkept.has(key, request.headers) && !wanted.has("only-if-cached")) return ask(request, call, key)
          return Effect.flatMap(
            store.find(key, request),
            (found) => decide({ request, call, partition: partition.value, key, found, wanted })
          )
        })

      const changed = (request: HttpClientRequest, call: Call, headers: Readonly<Record<string, string>>) => {
        const partition = partitionAfter(call)
        const url = CacheKey.urlOf(request)
        if (partition === undefined || url === undefined) return Effect.void
        return Effect.forEach(CacheKey.concerned(url, headers), (each) => {
          const key = CacheKey.primary(partition, each)
          invalidations.add(key)
          flights.forget(key)
          return store.removeFound(key)
        }, { discard: true })
      }

      const write = (request: HttpClientRequest, call: Call) =>
        Effect.onExit(next(request, call), (exit) => {
          if (Exit.isSuccess(exit) && exit.value.status < 400) return changed(request, call, exit.value.headers)
          const failure = Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Cause.failureOption(exit.cause))
          // Of any attempt: a later one that was refused, or not sent, does not undo it.
          const unknown = call.outcome === "unknown" || (Exit.isFailure(exit) &&
            (!isApiError(failure) || failure.outcome === "unknown"))
          return unknown ? changed(request, call, {}) : Effect.void
        })

      return (request, call) => {
        if (request.method !== "GET" && request.method !== "HEAD") {
          return harmless.has(request.method) ? next(request, call) : write(request, call)
        }
        if (passes(request, call)) return next(request, call)
        const wanted = wantedBy(request)
        const url = wanted.has("no-store") ? undefined : CacheKey.urlOf(request)
        return url === undefined ? next(request, call) : read(request, call, wanted, url)
      }
    }
    return { stage: "cache", partition: "principal", around }
  })
