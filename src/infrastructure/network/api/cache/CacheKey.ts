/**
 * Under which names answers are kept: apart for each account, and never under a credential, which changes while the account
 * stays.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import { Either, Option } from "effect"
import { createHash } from "node:crypto"
import type { UserId } from "../../../../domain/auth/User.ts"
import * as PlainUrl from "../PlainUrl.ts"

/** Reaches every answer of the account. */
export const accountTag = (user: UserId): string => `http user ${user}`

/** Where the request goes, without its fragment; `undefined` when that is no URL. */
export const urlOf = (request: HttpClientRequest): string | undefined => {
  if (PlainUrl.of(request) !== undefined) return request.url
  const url = Either.getOrUndefined(UrlParams.makeUrl(request.url, request.urlParams, Option.none()))
  if (url === undefined) return undefined
  url.hash = ""
  return url.href
}

/** Whether both go to one URL, their queries included. */
export const haveSameTarget = (one: HttpClientRequest, other: HttpClientRequest): boolean =>
  (one.url === other.url && one.urlParams === other.urlParams) || urlOf(one) === urlOf(other)

export const primary = (user: UserId, url: string): string => `user ${user} ${url}`

/** Of what is kept under `primary` of the same, every variant. */
export const urlTag = (primaryKey: string): string => `http url ${primaryKey}`

/** The names in `Vary`, sorted; `*` is among them when nothing matches. */
export const fieldsOf = (vary: string | undefined): ReadonlyArray<string> =>
  Array.from(
    new Set((vary ?? "").toLowerCase().split(",").map((name) => name.trim()).filter((name) => name !== ""))
  ).toSorted()

/** Spaces around commas mean nothing in a list. */
const normalised = (value: string | undefined) => value?.trim().replace(/\s*,\s*/g, ",")

/**
 * Requests with the same values in these fields have the same; the values cannot be read from it. What is kept under another
 * `index` is not found.
 */
export const variant = (
  primaryKey: string,
  index: string,
  fields: ReadonlyArray<string>,
  headers: Readonly<Record<string, string>>
): string => {
  const values = fields.map((name) => [name, normalised(headers[name]) ?? null])
  return `${primaryKey} ${createHash("sha256").update(JSON.stringify([index, values])).digest("base64url")}`
}

/** What a change at `url` is about: that, and what the answer names, of the same origin (RFC 9111, section 4.4). */
export const concerned = (url: string, headers: Readonly<Record<string, string>>): ReadonlyArray<string> => {
  const { origin } = new URL(url)
  const named = [headers["location"], headers["content-location"]].flatMap((reference) => {
    const target = reference === undefined
      ? undefined
      : Either.getOrUndefined(Either.try(() => new URL(reference, url)))
    if (target === undefined || target.origin !== origin) return []
    target.hash = ""
    return [target.href]
  })
  return Array.from(new Set([url, ...named]))
}
