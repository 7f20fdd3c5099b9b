/**
 * What callers get from the cache.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Catalogue from "../../../telemetry/catalogue/Http.ts"
import * as AnswerBody from "../transport/AnswerBody.ts"
import { BufferedResponse } from "../transport/BufferedResponse.ts"
import * as CacheStatus from "./CacheStatus.ts"
import type { Handling } from "./CacheStatus.ts"
import * as Conditions from "./Conditions.ts"
import type { Asked, Landed } from "./Forwarding.ts"
import * as Freshness from "./Freshness.ts"
import type { StoredResponse } from "./StoredResponse.ts"

const outcomeOf = ({ collapsed, forwarded, forwardedStatus, hit }: Handling) =>
  collapsed === true
    ? "collapsed"
    : hit === true
    ? forwarded === undefined ? "hit" : "stale"
    : forwardedStatus === 304
    ? "revalidated"
    : "miss"

/** The kept answer as it is now: with its age, without its body for `HEAD`, as 304 for who has it. */
const kept = (request: HttpClientRequest, stored: StoredResponse, handling: Handling, now: number) => {
  const { age, lifetime } = Freshness.at(stored.freshness, now)
  const { age: _before, "cache-status": earlier, ...others } = stored.headers
  const isHeld = Conditions.areIn(request) && Conditions.hold(request, stored)
  const headers = {
    ...others,
    age: String(Math.floor(age)),
    "cache-status": CacheStatus.write(earlier, { ...handling, timeToLive: lifetime - age })
  }
  const status = isHeld ? 304 : stored.status
  const body = AnswerBody.isAbsent(request, status) ? new Uint8Array() : stored.body
  return new BufferedResponse(request, status, headers, body)
}

/** The answer as it came, with what the cache did; one that is still arriving is left alone. */
const marked = (response: HttpClientResponse, handling: Handling) =>
  // Cookies joined to one field could not be told apart any more.
  response instanceof BufferedResponse && response.headers["set-cookie"] === undefined
    ? new BufferedResponse(response.request, response.status, {
      ...response.headers,
      "cache-status": CacheStatus.write(response.headers["cache-status"], handling)
    }, response.bytes)
    : response

/** Nothing that serves is kept, and the caller wants nothing else (RFC 9111, section 5.2.1.7). */
export const onlyKept = (request: HttpClientRequest) =>
  new BufferedResponse(request, 504, {
    "cache-status": CacheStatus.write(undefined, { detail: "only-if-cached" })
  }, new Uint8Array())

/** What came of a request, to the one who asked or to one who waited for the same; it is counted. */
export const delivered = ({ call, request }: Asked, landed: Landed, collapsed: boolean): HttpClientResponse => {
  const handling = collapsed ? { ...landed.handling, collapsed } : landed.handling
  Catalogue.cached.update(1, { "strata.http.cache.outcome": outcomeOf(handling) })
  if (landed.response !== undefined && !collapsed) return marked(landed.response, handling)
  return landed.stored === undefined ? onlyKept(request) : kept(request, landed.stored, handling, call.date())
}
