/**
 * Fixes the `Idempotency-Key` of a call once, so that all its attempts carry the same (draft-ietf-httpapi-idempotency-key-
 * header). The caller's own key is sent with any method; an endpoint of the policy that asks for keys gets a random one.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import { Duration, Effect } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { serializeString } from "structured-headers"
import { IdempotencyKeyReused, RequestInvalid } from "../api/ApiError.ts"
import type { CallInterceptor } from "./Interceptor.ts"

/** For so long a backend remembers a key, and a key with another request is a mistake. */
const remembered = Duration.hours(24)

/** Keys of callers that are remembered; the oldest goes first. */
const maxKeys = 1000

/** Visible ASCII, as much as the strictest backends take. */
const writable = /^[\x21-\x7E]{1,255}$/

/** Streams and forms are told apart by their length alone: reading them here would use them up. */
const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest) =>
  body._tag === "Uint8Array" ? body.body : `${body._tag} ${body.contentLength ?? ""}`

const fingerprintOf = (request: HttpClientRequest.HttpClientRequest) =>
  createHash("sha256")
    .update(`${request.method} ${request.url}?${UrlParams.toString(request.urlParams)}\n`)
    .update(bodyOf(request))
    .digest("base64")

/** What callers used their keys for, in this process. */
class UsedKeys {
  private readonly keys = new Map<string, { readonly fingerprint: string; readonly at: number }>()

  /** Whether `key` may go out with this request. `now` in monotonic milliseconds. */
  use(key: string, fingerprint: string, now: number): boolean {
    for (const [old, { at }] of this.keys) {
      if (this.keys.size < maxKeys && now - at < Duration.toMillis(remembered)) break
      this.keys.delete(old)
    }
    const known = this.keys.get(key)
    if (known === undefined) this.keys.set(key, { fingerprint, at: now })
    return known === undefined || known.fingerprint === fingerprint
  }
}

export const make = (): CallInterceptor => {
  const used = new UsedKeys()
  return {
    stage: "idempotency",
    around: (next) => (request, call) => {
      const { endpoint: { idempotencyKey: form }, options: { idempotencyKey: given } } = call
      if (given === undefined && form === undefined) return next(request, call)
      if (given !== undefined) {
        if (!writable.test(given)) {
          return Effect.fail(new RequestInvalid({ issues: ["Idempotency-Key: has to be 1 to 255 visible characters"] }))
        }
        // As it was written: another version of it is still the same request.
        const fingerprint = fingerprintOf(call.written ?? request)
        if (!used.use(given, fingerprint, call.now())) return Effect.fail(new IdempotencyKeyReused())
      }
      // It comes here again when another version is asked for; that is still the same call.
      const key = call.idempotencyKey ?? given ?? randomUUID()
      call.idempotencyKey = key
      const value = form === "structured" ? serializeString(key) : key
      return next(HttpClientRequest.setHeader(request, "idempotency-key", value), call)
    }
  }
}
