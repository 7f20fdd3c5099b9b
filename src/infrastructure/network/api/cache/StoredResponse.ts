/**
 * What the cache keeps under a key: an answer, or which request fields its answers vary by. Nothing of a request is kept.
 */
import { Either, Option, Schema } from "effect"
import type { CacheRegion } from "../../../../domain/storage/Cache.ts"
import * as CacheControl from "./CacheControl.ts"
import { Freshness } from "./Freshness.ts"
import type { Received } from "./Freshness.ts"

/** Largest body that is kept, in bytes. */
export const maxBodyBytes = 1024 * 1024

const Head = Schema.TaggedStruct("Response", {
  status: Schema.Number,
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  freshness: Freshness
})

/** The answers to one URL are kept apart by these fields of the request; the newest combination first. */
export const Variants = Schema.TaggedStruct("Variants", {
  /** Another one each time: no answer is found again whose index was lost, because it was not removed by URL since. */
  index: Schema.String,
  fields: Schema.Array(Schema.Array(Schema.String))
})
export type Variants = typeof Variants.Type

/** The body is never changed in place. */
export type StoredResponse = typeof Head.Type & { readonly body: Uint8Array }

/** Of one connection, not of the answer (RFC 9111, section 3.1). */
const ofConnection = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
]

/**
 * The fields that are kept. `Set-Cookie` is one of them, as section 3.1 has it: nobody here reads it, the entry is one
 * account's own, and its store is sealed.
 */
const keptFields = ({ headers }: Received): Record<string, string> => {
  const named = CacheControl.fields(new Map([["connection", headers["connection"] ?? ""]]), "connection")
  const unchecked = CacheControl.fields(CacheControl.parse(headers["cache-control"]), "no-cache")
  const dropped = new Set([...ofConnection, ...named, ...unchecked])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => value === undefined || dropped.has(name) ? [] : [[name, value]])
  )
}

export const make = (received: Received, freshness: Freshness, body: Uint8Array): StoredResponse => ({
  _tag: "Response",
  status: received.status,
  headers: keptFields(received),
  freshness,
  body
})

/** They describe the body, which a 304 does not have (RFC 9111, section 3.2). */
const ofBody = new Set(["content-encoding", "content-length", "content-md5", "content-range", "etag"])

/** The headers of a kept answer after a 304 told that it is still good. */
export const merged = (stored: StoredResponse, notModified: Received): Received => {
  const news = Object.entries(keptFields(notModified)).filter(([name]) => !ofBody.has(name))
  const { age: _before, ...before } = stored.headers
  return { ...notModified, status: stored.status, headers: { ...before, ...Object.fromEntries(news) } }
}

const json = Schema.parseJson(Schema.Union(Head, Variants))
const decodeJson = Schema.decodeUnknownEither(json)
const encodeJson = Schema.encodeSync(json)
const text = new TextDecoder("utf-8", { fatal: true })
const lengthBytes = 4

const decode = (bytes: Uint8Array): Option.Option<StoredResponse | Variants> => {
  if (bytes.length < lengthBytes) return Option.none()
  const bodyAt = lengthBytes + Buffer.from(bytes.buffer, bytes.byteOffset, lengthBytes).readUInt32BE()
  return Either.try(() => text.decode(bytes.subarray(lengthBytes, bodyAt))).pipe(
    Either.flatMap(decodeJson),
    Either.getRight,
    Option.map((value) => value._tag === "Variants" ? value : { ...value, body: bytes.slice(bodyAt) })
  )
}

const encode = (value: StoredResponse | Variants): Uint8Array => {
  const body = value._tag === "Response" ? value.body : new Uint8Array()
  const head = Buffer.from(encodeJson(value))
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(head.length)
  return new Uint8Array(Buffer.concat([length, head, body]))
}

/** The length of the head in four bytes, the head as JSON, the body as it came. */
export const region: CacheRegion<StoredResponse | Variants> = {
  name: "http.1",
  policy: { timeToLive: "30 days" },
  encode,
  decode
}
