/**
 * How long an answer is good, by `http-cache-semantics`. What it gets is read strictly first: it takes dates that are
 * none, directives in one case only, and an `Age` of anything.
 */
import { Option, Schema } from "effect"
import CachePolicy from "http-cache-semantics"
import * as HttpDate from "../HttpDate.ts"
import * as CacheControl from "./CacheControl.ts"
import type { Directives } from "./CacheControl.ts"

/** What is known of an answer's freshness for good. */
export const Freshness = Schema.Struct({
  /** What the library is told of the answer's head. */
  told: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** When it was no second old; like all times here, in milliseconds since the epoch. */
  bornAt: Schema.Number,
  /** Before it, nobody knows how old the answer is: the clock was put back. */
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

const dateOf = (value: string | undefined) => Option.getOrUndefined(HttpDate.parse(value))

/** Although a private cache may keep some of these when the answer says for how long (RFC 9111, section 3). */
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

/** What the lifetime depends on where no directive says it. */
const datesOf = (directives: Directives, headers: Received["headers"], receivedAt: number) => {
  const { expires } = headers
  const date = dateOf(headers["date"]) ?? receivedAt
  const fields: Record<string, string> = { date: HttpDate.format(date) }
  const lastModified = dateOf(headers["last-modified"])
  if (lastModified !== undefined) fields["last-modified"] = HttpDate.format(lastModified)
  // One that cannot be read is past: `0` is what servers write.
  if (!directives.has("max-age") && expires !== undefined) fields["expires"] = HttpDate.format(dateOf(expires) ?? 0)
  return fields
}

/** The library's judgement of an answer of an age that it is told, in seconds. Whether it is kept at all is ours. */
class Policy extends CachePolicy {
  private readonly seconds: number

  constructor(told: Freshness["told"], seconds: number) {
    super({ method: "GET", headers: {} }, { status: 200, headers: told }, { shared: false })
    this.seconds = seconds
  }

  override age(): number {
    return this.seconds
  }
}

const policyAt = ({ bornAt, told }: Freshness, now: number) => new Policy(told, (now - bornAt) / 1000)

/** An answer at one moment. Ages and lifetimes are in seconds. */
interface Now {
  readonly age: number
  readonly lifetime: number
}

export const at = (freshness: Freshness, now: number): Now => {
  const policy = policyAt(freshness, Math.max(now, freshness.receivedAt))
  return { age: policy.age(), lifetime: policy.maxAge() }
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
  if (always) allowed.push(["no-cache", ""])
  const background = mustRevalidate ? undefined : CacheControl.seconds(directives, "stale-while-revalidate")
  if (background !== undefined) allowed.push(["stale-while-revalidate", String(background)])

  const freshness = {
    told: { ...datesOf(directives, headers, receivedAt), "cache-control": CacheControl.format(allowed) },
    bornAt: receivedAt - initialAge(received),
    receivedAt,
    mustRevalidate,
    immutable: directives.has("immutable"),
    staleIfError: mustRevalidate ? 0 : CacheControl.seconds(directives, "stale-if-error") ?? 0
  }
  return validator || at(freshness, receivedAt).lifetime > 0 ? freshness : undefined
}

/** What a kept answer is to a request: it serves, it serves while it is asked about in the background, or neither. */
type Use = "serve" | "serveAndRevalidate" | "revalidate"

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
