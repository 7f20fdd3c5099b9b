/**
 * What the cache asks the backend, and what becomes of the answer: it replaces the kept one, confirms it, removes it, or
 * lets it serve although it is stale.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect } from "effect"
import type { UserId } from "../../../../domain/auth/User.ts"
import type { SecretFailure } from "../../../../domain/storage/SecretFailure.ts"
import type { Call } from "../../interceptors/Call.ts"
import type { SendCall } from "../../interceptors/Interceptor.ts"
import { isApiError } from "../ApiError.ts"
import type { ApiError } from "../ApiError.ts"
import { BufferedResponse } from "../transport/BufferedResponse.ts"
import { discard } from "../transport/Discard.ts"
import type { Directives } from "./CacheControl.ts"
import * as CacheKey from "./CacheKey.ts"
import type { Handling } from "./CacheStatus.ts"
import * as Conditions from "./Conditions.ts"
import * as Freshness from "./Freshness.ts"
import type { Invalidations } from "./Invalidations.ts"
import type { Found, ResponseStore } from "./ResponseStore.ts"
import * as StoredResponse from "./StoredResponse.ts"

type Stored = StoredResponse.StoredResponse

export type Failure = ApiError | SecretFailure

/** One request of one account, and what was found for it. */
export interface Asked {
  readonly request: HttpClientRequest
  readonly call: Call
  readonly user: UserId
  readonly key: string
  readonly found: Found
  readonly wanted: Directives
}

/** What came of it. `stored` serves others too; `response` is the answer as it came, for the one who asked. */
export interface Landed {
  readonly handling: Handling
  readonly stored?: Stored
  readonly response?: HttpClientResponse
  /** Such an answer cannot be kept; others could be, if nothing came between. */
  readonly unkeepable?: boolean
}

/** Nobody takes the answer as it came. */
export const letGo = ({ response }: Landed): Effect.Effect<void> =>
  response === undefined ? Effect.void : discard(response)

export interface Options {
  readonly store: ResponseStore
  readonly invalidations: Invalidations
  /** Whether it is still who is signed in. */
  readonly isCurrent: (user: UserId) => Effect.Effect<boolean>
}

/** Failures after which the backend may answer the next one, and those that mean that there is no way to it. */
const whyOf = (failure: Failure): "failed" | "disconnected" | undefined => {
  if (!isApiError(failure)) return undefined
  switch (failure._tag) {
    case "Offline":
      return "disconnected"
    case "TransportFailure":
      return new Set(["tls", "invalid_request", "too_large", "malformed"]).has(failure.reason)
        ? "failed"
        : "disconnected"
    case "DeadlineExceeded":
      return failure.phase === "connect" ? "disconnected" : "failed"
    case "AuthUnavailable":
      return failure.failure._tag === "Offline" ? "disconnected" : "failed"
    case "CircuitOpen":
    case "Throttled":
      return "failed"
    default:
      return undefined
  }
}

/** The kept answer is outdated by these. */
const replaces = (status: number) => status < 400 || status === 404 || status === 410

const stale = (kept: Stored, detail: "offline" | "error"): Landed => ({
  stored: kept,
  handling: { hit: true, forwarded: "stale", detail }
})

export const make = ({ invalidations, isCurrent, store }: Options) => (next: SendCall) => {
  const forward = (asked: Asked): Effect.Effect<Landed, Failure> => {
    const { call, found, key, request, user, wanted } = asked
    const { stored } = found
    const ofCaller = Conditions.areIn(request)
    const reason = stored !== undefined ? "stale" : found.variants ? "vary-miss" : "uri-miss"
    const askedAt = invalidations.now()
    const sentAt = call.date()

    const mayKeep = Effect.map(isCurrent(user), (current) => current && !invalidations.isOutdated(key, askedAt))

    const save = (fresh: Stored) =>
      Effect.flatMap(store.save({ user, key }, request, fresh, call.date()), (saved) =>
        // A change or a purge during the write found nothing to remove yet.
        Effect.flatMap(mayKeep, (still) => still ? Effect.succeed(saved) : Effect.as(store.remove(key), false)))

    const keep = (fresh: Stored) =>
      Effect.uninterruptible(
        Effect.flatMap(mayKeep, (may) => may ? save(fresh) : Effect.succeed(false))
      )

    const confirmed = (kept: Stored, response: HttpClientResponse, received: Freshness.Received) => {
      const merged = StoredResponse.merged(kept, received)
      const freshness = Freshness.of(merged)
      const handling = { forwarded: reason, forwardedStatus: 304 } as const
      const updated = StoredResponse.make(merged, freshness ?? kept.freshness, kept.body)
      const saved = freshness === undefined ? Effect.as(store.remove(key), false) : keep(updated)
      return Effect.map(saved, (isStored): Landed => ({
        stored: updated,
        handling: { ...handling, stored: isStored },
        ...(ofCaller ? { response } : {})
      }))
    }

    const answered = (response: HttpClientResponse): Effect.Effect<Landed, Failure> => {
      const { headers, status } = response
      const received = { status, headers, sentAt, receivedAt: call.date() }
      const isElsewhere = !CacheKey.haveSameTarget(response.request, request)
      if (
        status === 304 && stored !== undefined && !isElsewhere && (!ofCaller || Conditions.confirm(stored, headers))
      ) {
        return confirmed(stored, response, received)
      }
      // A redirect led to what has the same validator. Whoever was asked without one has to live with the answer.
      if (status === 304 && !ofCaller && stored !== undefined) return Effect.zipRight(store.remove(key), again(asked))
      if (
        stored !== undefined && status >= 500 && status !== 501
        && Freshness.servesStale(stored.freshness, wanted, call.date(), "failed")
      ) {
        return Effect.as(discard(response), stale(stored, "error"))
      }
      const isWhole = !isElsewhere && response instanceof BufferedResponse
        && response.bytes.length <= StoredResponse.maxBodyBytes
      const freshness = isWhole ? Freshness.of(received) : undefined
      const handling = { forwarded: reason } as const
      if (isWhole && freshness !== undefined) {
        const fresh = StoredResponse.make(received, freshness, response.bytes)
        return Effect.map(
          keep(fresh),
          (isStored): Landed =>
            isStored ? { stored: fresh, response, handling: { ...handling, stored: true } } : { response, handling }
        )
      }
      const landed: Landed = { response, handling, unkeepable: status < 400 && status !== 304 }
      return stored !== undefined && replaces(status) ? Effect.as(store.remove(key), landed) : Effect.succeed(landed)
    }

    const lost = (failure: Failure): Effect.Effect<Landed, Failure> => {
      const why = whyOf(failure)
      return why !== undefined && stored !== undefined
          && Freshness.servesStale(stored.freshness, wanted, call.date(), why)
        ? Effect.succeed(stale(stored, why === "disconnected" ? "offline" : "error"))
        : Effect.fail(failure)
    }

    return Effect.matchEffect(
      next(stored === undefined || ofCaller ? request : Conditions.add(request, stored), call),
      {
        onSuccess: (response) =>
          response instanceof BufferedResponse
            ? answered(response)
            : Effect.onInterrupt(answered(response), () => discard(response)),
        onFailure: lost
      }
    )
  }
  const again = (asked: Asked): Effect.Effect<Landed, Failure> =>
    Effect.suspend(() => forward({ ...asked, found: { stored: undefined, variants: false } }))
  return (asked: Asked) => Effect.suspend(() => forward(asked))
}
