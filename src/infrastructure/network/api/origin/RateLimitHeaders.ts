/**
 * What answers say about limits: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10, and the forms
 * of its drafts 03 to 07), and `X-RateLimit-*`. What is malformed is as good as absent; nothing here throws.
 */
import { Option } from "effect"
import { parseDictionary, parseList } from "structured-headers"
import * as HttpDate from "../HttpDate.ts"

export interface Observation {
  /** Which of the limits it is, within this origin. */
  readonly name: string
  readonly remaining: number
  /** Milliseconds until there is more. */
  readonly reset: number
  /** Requests per window. */
  readonly limit?: number
  /** In milliseconds. */
  readonly window?: number
}

type Headers = Readonly<Record<string, string | undefined>>

/** A name from outside is kept as long as its limit. */
const longestName = 64

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined

const digits = (value: string | undefined): number | undefined =>
  value !== undefined && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : undefined

const seconds = (value: number | undefined) => value === undefined ? undefined : value * 1000

const observation = (
  name: string,
  remaining: number | undefined,
  reset: number | undefined,
  limit: number | undefined,
  window: number | undefined
): ReadonlyArray<Observation> => {
  const until = reset ?? window
  if (remaining === undefined || until === undefined) return []
  return [{
    name,
    remaining,
    reset: until,
    ...(limit === undefined || limit === 0 ? {} : { limit }),
    ...(window === undefined || window === 0 ? {} : { window })
  }]
}

const orNone = <A>(parse: (input: string) => A, input: string | undefined): A | undefined => {
  if (input === undefined) return undefined
  try {
    return parse(input)
  } catch {
    return undefined
  }
}

interface Policy {
  readonly limit: number | undefined
  readonly window: number | undefined
  /** Counts something else than requests. */
  readonly foreign: boolean
}

/** By name; the policies of older drafts have none, and are kept under "". */
const policies = (header: string | undefined): ReadonlyMap<string, Policy> => {
  const found = new Map<string, Policy>()
  for (const [item, parameters] of orNone(parseList, header) ?? []) {
    const name = typeof item === "number" ? "" : String(item)
    if (found.has(name)) continue
    found.set(name, {
      limit: count(typeof item === "number" ? item : parameters.get("q")),
      window: seconds(count(parameters.get("w"))),
      foreign: String(parameters.get("qu") ?? "requests") !== "requests"
    })
  }
  return found
}

const list = (headers: Headers): ReadonlyArray<Observation> => {
  const known = policies(headers["ratelimit-policy"])
  return (orNone(parseList, headers["ratelimit"]) ?? []).flatMap(([item, parameters]) => {
    if (typeof item === "number" || Array.isArray(item)) return []
    const name = String(item)
    const policy = known.get(name)
    if (policy?.foreign === true) return []
    return observation(
      `list ${name.slice(0, longestName)}`,
      count(parameters.get("r")),
      seconds(count(parameters.get("t"))),
      policy?.limit,
      policy?.window
    )
  })
}

/** `limit=10, remaining=9, reset=1` of draft 07. */
const dictionary = (headers: Headers): ReadonlyArray<Observation> => {
  const members = orNone(parseDictionary, headers["ratelimit"])
  if (members === undefined) return []
  const member = (name: string) => count(members.get(name)?.[0])
  const limit = member("limit")
  const window = policies(headers["ratelimit-policy"]).get("")?.window
  return observation("dictionary", member("remaining"), seconds(member("reset")), limit, window)
}

/** `RateLimit-Limit` carried the policies up to draft 06. */
const triple = (headers: Headers): ReadonlyArray<Observation> => {
  const limits = orNone(parseList, headers["ratelimit-limit"])
  const policy = policies(headers["ratelimit-policy"]).get("")
  return observation(
    "triple",
    digits(headers["ratelimit-remaining"]),
    seconds(digits(headers["ratelimit-reset"])),
    count(limits?.[0]?.[0]),
    policy?.window ?? seconds(count(limits?.find(([, parameters]) => parameters.has("w"))?.[1].get("w")))
  )
}

/** Clocks that differ by less are the same; what is rounded to seconds tells no finer. */
const sameClock = 2000

/** From this on a number of seconds is a date, and of milliseconds from a thousand times that. */
const firstEpoch = 1e9

/** Counted on the clock of the server, when that is known to be another. */
const untilEpoch = (reset: number, headers: Headers, date: number): number => {
  const theirs = Option.getOrElse(HttpDate.parse(headers["date"]), () => date)
  const now = Math.abs(theirs - date) < sameClock ? date : theirs
  return Math.max(0, (reset >= firstEpoch * 1000 ? reset : reset * 1000) - now)
}

const legacy = (headers: Headers, date: number): ReadonlyArray<Observation> => {
  const reset = digits(headers["x-ratelimit-reset"])
  return observation(
    "legacy",
    digits(headers["x-ratelimit-remaining"]),
    reset === undefined ? undefined : reset >= firstEpoch ? untilEpoch(reset, headers, date) : reset * 1000,
    digits(headers["x-ratelimit-limit"]),
    undefined
  )
}

/** `date`: the time of day here, in milliseconds since the epoch. */
export const parse = (headers: Headers, date: number): ReadonlyArray<Observation> => {
  if (headers["ratelimit"] !== undefined) {
    const found = list(headers)
    return found.length > 0 ? found : dictionary(headers)
  }
  if (headers["ratelimit-remaining"] !== undefined) return triple(headers)
  return headers["x-ratelimit-remaining"] === undefined ? [] : legacy(headers, date)
}
