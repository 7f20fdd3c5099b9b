/**
 * How long an answer is good, by `http-cache-semantics`. What it gets is read strictly first: it takes dates that are
 * none, directives in one case only, and an `Age` of anything.
 */
import { Option, Schema } from "effect"
import CachePolicy from "http-cache-semantics"
import * as HttpDate from "../HttpDate.ts"
import * as CacheControl from "./CacheControl.ts"
import type { Directives } from "./CacheControl.ts"

const Texts = Schema.Record({ key: Schema.String, value: Schema.String })
const Words = Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Boolean) })

/** The library's own form. It holds what freshness depends on, and nothing of the request. */
const Policy = Schema.Struct({
  v: Schema.Number,
  t: Schema.Number,
  sh: Schema.Boolean,
  ch: Schema.Number,
  imm: Schema.Number,
  icc: Schema.Boolean,
  st: Schema.Number,
  resh: Texts,
  rescc: Words,
  m: Schema.String,
  a: Schema.Boolean,
  reqh: Schema.Null,
  reqcc: Words
})

/** What is known of an answer's freshness for good. */
export const Freshness = Schema.Struct({
  policy: Policy,
  /** Milliseconds since the epoch. Before it, nobody knows how old the answer is: the clock was put back. */
  receivedAt: Schema.Number,
  /** It is never served stale without being asked about. */
  mustRevalidate: Schema.Boolean,
  /** It does not change while it is fresh (RFC 8246). */
  immutable: Schema.Boolean,
  /** For so many seconds after its freshness it serves when the backend fails. */
  staleIfError: Schema.Number
})
export type Freshness = typeof Freshness.Type

/** The answer of an exchange, with the times of sending and receiving in milliseconds since the epoch. */
export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly sentAt: number
  readonly receivedAt: number
}

class PolicyAt extends CachePolicy {
  at = 0
  now() {
    return this.at
  }
}

const dateOf = (value: string | undefined) => Option.getOrUndefined(HttpDate.parse(value))

/** Statuses that a private cache may keep when the answer says for how long (RFC 9111, section 3), and does not. */
const neverKept = (status: number) =>
  status < 200 || status === 206 || status === 304 || status === 401 || status === 407 || status === 429

/** Kept by what the status means, without being told. */
const keptByDefault = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
const understood = new Set([...keptByDefault, 302, 303, 307])

/** Section 4.2.3: how old the answer was when it came, in milliseconds. An `Age` that is no number is older than all. */
const initialAge = ({ headers: { age, date }, receivedAt, sentAt }: Received): number => {
  // Where there are several, the first counts (section 5.1).
  const first = age?.split(",", 1)[0]?.trim()
  const said = first === undefined ? 0 : /^\d+$/.test(first) ? Number(first) : CacheControl.maxSeconds
  const corrected = said * 1000 + Math.max(0, receivedAt - sentAt)
  const sent = dateOf(date)
  // Dates have whole seconds.
  const apparent = sent === undefined ? 0 : Math.max(0, Math.floor(receivedAt / 1000) * 1000 - sent)
  return Math.min(Math.max(apparent, corrected), CacheControl.maxSeconds * 1000)
}

const lifetimeOf = (directives: Directives, headers: Received["headers"], receivedAt: number) => {
  const { expires } = headers
  const date = dateOf(headers["date"]) ?? receivedAt
  const fields: Record<string, string> = { date: HttpDate.format(date) }
  const lastModified = dateOf(headers["last-modified"])
  if (lastModified !== undefined) fields["last-modified"] = HttpDate.format(lastModified)
  // One that cannot be read is past: `0` is what servers write.
  if (!directives.has("max-age") && expires !== undefined) fields["expires"] = HttpDate.format(dateOf(expires) ?? 0)
  return fields
}

/** `undefined` when the answer must not be kept, or keeping it is of no use: it is neither fresh nor has a validator. */
export const of = (received: Received): Freshness | undefined => {
  const { headers, receivedAt, status } = received
  const validator = headers["etag"] !== undefined || headers["last-modified"] !== undefined
  const control = headers["cache-control"]
  if (control === undefined && !validator && headers["expires"] === undefined) return undefined
  const directives = CacheControl.parse(control)
  if (neverKept(status) || directives.has("no-store")) return undefined
  if (directives.has("must-understand") && !understood.has(status)) return undefined
  const explicit = directives.has("max-age") || headers["expires"] !== undefined || directives.has("public")
  if (!explicit && !keptByDefault.has(status)) return undefined

  const always = (directives.has("no-cache") && CacheControl.fields(directives, "no-cache").length === 0)
    || (control === undefined && headers["pragma"]?.includes("no-cache") === true)
  const mustRevalidate = always || directives.has("must-revalidate")
  const allowed: Array<readonly [string, string]> = []
  if (directives.has("max-age")) allowed.push(["max-age", String(CacheControl.seconds(directives, "max-age") ?? 0)])
  if (directives.has("public")) allowed.push(["public", ""])
  if (always) allowed.push(["no-cache", ""])
  const background = mustRevalidate ? undefined : CacheControl.seconds(directives, "stale-while-revalidate")
  if (background !== undefined) allowed.push(["stale-while-revalidate", String(background)])

  const policy = new CachePolicy(
    { method: "GET", headers: {} },
    {
      status: keptByDefault.has(status) ? status : 200,
      headers: { ...lifetimeOf(directives, headers, receivedAt), "cache-control": CacheControl.format(allowed) }
    },
    { shared: false }
  )
  if (!policy.storable() || (!validator && policy.maxAge() <= 0)) return undefined
  const { h: _host, u: _url, ...rest } = { icc: false, ...policy.toObject() }
  return {
    policy: Schema.decodeUnknownSync(Policy)({ ...rest, t: receivedAt - initialAge(received) }),
    receivedAt,
    mustRevalidate,
    immutable: directives.has("immutable"),
    staleIfError: mustRevalidate ? 0 : CacheControl.seconds(directives, "stale-if-error") ?? 0
  }
}

/** An answer at one moment. Ages and lifetimes are in seconds. */
export interface Now {
  readonly age: number
  readonly lifetime: number
}

const policyAt = (freshness: Freshness, at: number): CachePolicy => {
  // The library's types have no directive without an argument.
  const policy = PolicyAt.fromObject(freshness.policy as CachePolicy.CachePolicyObject)
  if (policy instanceof PolicyAt) policy.at = at
  return policy
}

export const at = (freshness: Freshness, now: number): Now => {
  const policy = policyAt(freshness, Math.max(now, freshness.receivedAt))
  return { age: policy.age(), lifetime: policy.maxAge() }
}

/** What a kept answer is to a request: it serves, it serves while it is asked about in the background, or neither. */
export type Use = "serve" | "serveAndRevalidate" | "revalidate"

/** By the age that it has and by what the request accepts (`max-age`, `min-fresh`, `max-stale`, `no-cache`). */
export const use = (freshness: Freshness, wanted: Directives, now: number): Use => {
  if (now < freshness.receivedAt) return "revalidate"
  const accepted: Array<readonly [string, string]> = []
  for (const name of ["max-age", "min-fresh"]) {
    const limit = CacheControl.seconds(wanted, name)
    // A reload does not ask about what cannot have changed (RFC 8246, section 2).
    if (limit !== undefined && !(name === "max-age" && freshness.immutable)) accepted.push([name, String(limit)])
  }
  if (wanted.has("no-cache")) accepted.push(["no-cache", ""])
  if (wanted.has("max-stale") && !freshness.mustRevalidate) {
    const limit = CacheControl.seconds(wanted, "max-stale")
    accepted.push(["max-stale", limit === undefined ? "" : String(limit)])
  }
  const { revalidation } = policyAt(freshness, now).evaluateRequest({
    method: "GET",
    headers: { "cache-control": CacheControl.format(accepted) }
  })
  return revalidation === undefined ? "serve" : revalidation.synchronous ? "revalidate" : "serveAndRevalidate"
}

/** Whether it serves although it is stale, because the backend fails (RFC 5861) or cannot be reached (RFC 9111, 4.2.4). */
export const servesStale = (
  freshness: Freshness,
  wanted: Directives,
  now: number,
  why: "failed" | "disconnected"
): boolean => {
  if (freshness.mustRevalidate || wanted.has("no-cache")) return false
  const unwilling = (wanted.has("max-age") || wanted.has("min-fresh")) && !wanted.has("max-stale")
  const { age, lifetime } = at(freshness, now)
  const tolerated = Math.max(freshness.staleIfError, CacheControl.seconds(wanted, "stale-if-error") ?? 0)
  return (why === "disconnected" && !unwilling) || age - lifetime < tolerated
}
