/**
 * Conditional requests (RFC 9110, section 13): those that ask whether a kept answer is still good, and those of callers
 * that keep answers themselves.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Option } from "effect"
import * as HttpDate from "../HttpDate.ts"
import type { StoredResponse } from "./StoredResponse.ts"

const names = ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since"]

/** Whether the caller set conditions of its own. */
export const areIn = ({ headers }: HttpClientRequest.HttpClientRequest): boolean =>
  names.some((name) => headers[name] !== undefined)

/** The `GET` of who has nothing, for the same. */
export const plain = (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
  request.method === "GET" && !areIn(request) ? request : HttpClientRequest.get(request.url, {
    headers: Headers.remove(request.headers, names),
    urlParams: request.urlParams
  })

/** The request, answered with 304 when the kept answer is still good; as it is when that has no validator. */
export const add = (request: HttpClientRequest.HttpClientRequest, { headers }: StoredResponse) => {
  const conditions: Record<string, string> = {}
  if (headers["etag"] !== undefined) conditions["if-none-match"] = headers["etag"]
  if (headers["last-modified"] !== undefined) conditions["if-modified-since"] = headers["last-modified"]
  return HttpClientRequest.setHeaders(request, conditions)
}

const weak = (tag: string) => tag.trim().replace(/^W\//, "")

const tags = (list: string) => list.match(/(?:W\/)?"[^"]*"|[^\s,]+/g) ?? []

/** Whether the caller has what is kept already, and so gets a 304. `If-Modified-Since` counts without `If-None-Match` only. */
export const hold = (
  request: HttpClientRequest.HttpClientRequest,
  { headers: { date, etag, "last-modified": lastModified } }: StoredResponse
): boolean => {
  const { "if-modified-since": since, "if-none-match": noneMatch } = request.headers
  if (noneMatch !== undefined) {
    return noneMatch.trim() === "*" || (etag !== undefined && tags(noneMatch).some((tag) => weak(tag) === weak(etag)))
  }
  const changed = Option.orElse(HttpDate.parse(lastModified), () => HttpDate.parse(date))
  return Option.getOrElse(Option.zipWith(HttpDate.parse(since), changed, (had, last) => last <= had), () => false)
}

/** Whether a 304 to the caller's own conditions is about what is kept. */
export const confirm = (stored: StoredResponse, headers: Readonly<Record<string, string>>): boolean => {
  const { etag, "last-modified": lastModified } = stored.headers
  if (headers["etag"] !== undefined) return etag === headers["etag"]
  return lastModified !== undefined && lastModified === headers["last-modified"]
}
