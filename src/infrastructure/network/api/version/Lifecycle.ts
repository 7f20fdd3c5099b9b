/**
 * What an answer says about the end of its API version: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and the links of both.
 */
import { Option } from "effect"
import { parseItem } from "structured-headers"
import * as HttpDate from "../HttpDate.ts"
import * as LinkHeader from "./LinkHeader.ts"

const relations = ["deprecation", "sunset", "successor-version", "latest-version"] as const

/** Absolute, by relation. */
export type LifecycleLinks = { readonly [Relation in typeof relations[number]]?: string }

export type LifecycleHeader = "deprecation" | "sunset" | "link"

export interface Lifecycle {
  /** Milliseconds since the epoch; may be to come. */
  readonly deprecation: number | undefined
  /** Milliseconds since the epoch. */
  readonly sunset: number | undefined
  readonly links: LifecycleLinks
  /** Headers that are there and could not be used. */
  readonly malformed: ReadonlyArray<LifecycleHeader>
}

type Headers = Readonly<Record<string, string | undefined>>

/** Whether an answer says anything about it. Links alone do not: they also stand on versions nobody means to end. */
export const isAnnounced = (headers: Headers): boolean =>
  headers["deprecation"] !== undefined || headers["sunset"] !== undefined

const item = Option.liftThrowable(parseItem)

/** A structured-field date; booleans and HTTP dates were in drafts only. */
const parseDeprecation = (value: string): Option.Option<number> => {
  // structured-headers 2.1 takes parameters after everything but a date.
  const [date = ""] = value.split(";", 1)
  return Option.zipWith(item(date.trim()), item(`0${value.slice(date.length)}`), ([bare]) => bare).pipe(
    Option.flatMap((bare) => bare instanceof Date ? Option.some(bare.getTime()) : Option.none()),
    Option.filter((millis) => !Number.isNaN(millis))
  )
}

const absolute = (target: string, base: string): string | undefined => {
  if (!URL.canParse(target, base)) return undefined
  const url = new URL(target, base)
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined
  url.username = ""
  url.password = ""
  return url.href.length > 500 ? undefined : url.href
}

const linksOf = (found: ReadonlyArray<LinkHeader.Link>, base: string): LifecycleLinks => {
  const links: { [Relation in typeof relations[number]]?: string } = {}
  for (const relation of relations) {
    const link = found.find((each) => each.relations.includes(relation))
    const href = link === undefined ? undefined : absolute(link.target, base)
    if (href !== undefined) links[relation] = href
  }
  return links
}

/** `url` is that of the request, which relative links start from. A sunset before the deprecation is not to be believed. */
export const parse = (headers: Headers, url: string): Lifecycle => {
  const { deprecation, link, sunset } = headers
  const since = deprecation === undefined ? undefined : Option.getOrUndefined(parseDeprecation(deprecation))
  const date = Option.getOrUndefined(HttpDate.parse(sunset?.trim()))
  const until = date !== undefined && since !== undefined && date < since ? undefined : date
  const found = link === undefined ? [] : LinkHeader.parse(link)
  const malformed: Array<LifecycleHeader> = []
  if (deprecation !== undefined && since === undefined) malformed.push("deprecation")
  if (sunset !== undefined && until === undefined) malformed.push("sunset")
  if (found === undefined) malformed.push("link")
  return { deprecation: since, sunset: until, links: linksOf(found ?? [], url), malformed }
}
