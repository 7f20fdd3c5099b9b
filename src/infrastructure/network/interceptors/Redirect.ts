/**
 * Follows redirects (RFC 9110, section 15.4), at most five, each as an attempt of its own. What it does not follow comes
 * out as it is, and is a failure outside: a loop, a sixth, a way from `https` to `http`, a 301 or 302 of a method that may
 * change something, because they leave open which method was meant, and a body on its way to another origin.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import { Effect, Option } from "effect"
import { isOfExchange } from "../api/ApiError.ts"
import type { OriginStates } from "../api/origin/OriginState.ts"
import * as Resend from "../api/retry/Resend.ts"
import type { Attempt } from "./Attempt.ts"
import type { AttemptInterceptor, SendAttempt } from "./Interceptor.ts"

export const maxRedirects = 5

const safe = new Set<HttpMethod>(["GET", "HEAD", "OPTIONS"])

/** For another origin. What else a request carries may be credentials, whatever its name. */
const harmless = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "range",
  "user-agent"
])

/** Of no use to whoever asks what became of a write: they speak of its body, or say when it may be done. */
const ofWrite = [
  "content-type",
  "content-length",
  "content-encoding",
  "content-language",
  "content-location",
  "content-digest",
  "repr-digest",
  "digest",
  "transfer-encoding",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since"
]

/** `undefined` where the answer stays as it is. */
const methodAfter = (status: number, method: HttpMethod): HttpMethod | undefined => {
  if (status === 303) return method === "HEAD" ? "HEAD" : "GET"
  if (status === 307 || status === 308) return method
  return (status === 301 || status === 302) && safe.has(method) ? method : undefined
}

const isRedirect = (status: number) => status >= 301 && status <= 308 && status !== 304

const targetOf = (location: string | undefined, from: URL): URL | undefined => {
  const target = location === undefined || !URL.canParse(location, from.href) ? undefined : new URL(location, from)
  if (target === undefined) return undefined
  const allowed = target.protocol === "https:" || (target.protocol === "http:" && from.protocol === "http:")
  // Credentials in a URL are the server's idea, not the caller's.
  target.username = ""
  target.password = ""
  target.hash = ""
  return allowed ? target : undefined
}

const rewritten = (
  request: HttpClientRequest.HttpClientRequest,
  method: HttpMethod,
  target: URL,
  sameOrigin: boolean
) => {
  const keepsBody = method === request.method
  const withheld = sameOrigin ? [] : Object.keys(request.headers).filter((name) => !harmless.has(name))
  // As text: a `URL` is taken apart, and its query written anew.
  return HttpClientRequest.make(method)(target.href, {
    headers: Headers.remove(request.headers, keepsBody ? withheld : [...withheld, ...ofWrite]),
    ...(keepsBody ? { body: request.body } : {})
  })
}

/** What is lost with another origin says nothing about the backend. */
const elsewhere = (answer: ReturnType<SendAttempt>) =>
  Effect.mapError(answer, (failure) => {
    if (isOfExchange(failure)) failure.elsewhere = true
    return failure
  })

export const make = (origins: typeof OriginStates.Service): AttemptInterceptor => ({
  stage: "redirect",
  around: (next) => {
    const turn = (
      request: HttpClientRequest.HttpClientRequest,
      attempt: Attempt,
      visited: ReadonlyArray<string>
    ): ReturnType<typeof next> =>
      Effect.flatMap(
        attempt.origin === attempt.call.origin ? next(request, attempt) : elsewhere(next(request, attempt)),
        (response) =>
          isRedirect(response.status) ? follow(request, attempt, response, visited) : Effect.succeed(response)
      )

    const follow = (
      request: HttpClientRequest.HttpClientRequest,
      attempt: Attempt,
      response: HttpClientResponse,
      visited: ReadonlyArray<string>
    ): ReturnType<typeof next> => {
      const from = Option.getOrUndefined(HttpClientRequest.toUrl(request))
      const method = methodAfter(response.status, request.method)
      const target = from === undefined ? undefined : targetOf(response.headers["location"], from)
      if (from === undefined || target === undefined || method === undefined) return Effect.succeed(response)
      const here = `${request.method} ${from.href}`
      const there = `${method} ${target.href}`
      if (visited.length === maxRedirects || here === there || visited.includes(there)) return Effect.succeed(response)
      const sameOrigin = target.origin === from.origin
      // What a body holds was meant for the origin that it was sent to.
      if (!sameOrigin && method === request.method && request.body._tag !== "Empty") return Effect.succeed(response)
      const origin = sameOrigin ? attempt.origin : origins.of(target.origin)
      const keepsMethod = method === request.method
      if (!keepsMethod && !safe.has(request.method)) attempt.call.isDone = true
      return Resend.letGo(attempt, response).pipe(
        Effect.zipRight(keepsMethod ? Resend.replayable(request, attempt.call) : Effect.void),
        Effect.zipRight(
          Effect.suspend(() =>
            turn(rewritten(request, method, target, sameOrigin), attempt.again("redirect", origin), [...visited, here])
          )
        )
      )
    }
    return (request, attempt) => turn(request, attempt, [])
  }
})
