/**
 * The limits of an exchange around any effect that answers: for transports that have no timer at their leaf.
 */
import * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Chunk, Clock, Effect, Exit, Option, Runtime, Scope, Stream } from "effect"
import { DeadlineExceeded } from "../ApiError.ts"
import type { ExchangeFailure, Phase } from "../ApiError.ts"
import * as AnswerBody from "./AnswerBody.ts"
import { BufferedResponse, maxBufferedBytes } from "./BufferedResponse.ts"
import { fromHttpClientError } from "./FailureReason.ts"
import { StreamingResponse } from "./StreamingResponse.ts"
import type { PhaseLimits } from "./Transport.ts"

/** What is left, in milliseconds since the exchange began. */
interface Ends {
  readonly attempt: number
  readonly total: number
}

/** Fails what takes longer than `limit`, or than what is left. */
const within = (phase: Phase, limit: number, ends: Ends) => <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<A, E | DeadlineExceeded> => {
    const own = Math.min(limit, ends.attempt - now)
    const total = ends.total - now
    const millis = Math.max(0, Math.min(own, total))
    return Number.isFinite(millis)
      ? Effect.timeoutFail(effect, {
        duration: millis,
        onTimeout: () => new DeadlineExceeded({ phase, scope: total < own ? "total" : "attempt", sent: "maybe" })
      })
      : effect
  })

const never = { attempt: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY }

/** An empty body is told in several ways. */
const bodyOf = (response: HttpClientResponse): Stream.Stream<Uint8Array, ExchangeFailure> =>
  response.stream.pipe(
    Stream.catchTag("ResponseError", (error) => error.reason === "EmptyBody" ? Stream.empty : Stream.fail(error)),
    Stream.mapError(fromHttpClientError)
  )

/** `Headers` has one text for each name. */
const headersOf = ({ cookies, headers }: HttpClientResponse): Headers.Input =>
  headers["set-cookie"] === undefined ? headers : { ...headers, "set-cookie": Cookies.toSetCookieHeaders(cookies) }

/** The body as it is pulled; none is its end. Whoever opens it closes it. */
const open = (response: HttpClientResponse) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const pull = yield* Scope.extend(Stream.toPull(bodyOf(response)), scope)
    return {
      close: Scope.close(scope, Exit.void),
      pulled: (limit: number, left: Ends) =>
        Effect.mapError(
          within("body", limit, left)(pull),
          (error) => Option.isOption(error) ? error : Option.some(error)
        )
    }
  })

/** Reads the body: to its end when it is small, else as far as is known before it is handed over. */
const receive = (request: HttpClientRequest, response: HttpClientResponse, limits: PhaseLimits, ends: Ends) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const { status } = response
      const headers = headersOf(response)
      if (AnswerBody.isAbsent(request, status)) return new BufferedResponse(request, status, headers, new Uint8Array())
      const { close, pulled } = yield* open(response)
      const runtime = yield* Effect.runtime<never>()
      const streamed = (chunks: ReadonlyArray<Uint8Array>, limit: number, left: Ends) =>
        new StreamingResponse(request, status, headers, {
          letGo: () => void Runtime.runFork(runtime)(close),
          stream: Stream.concat(Stream.fromIterable(chunks), Stream.repeatEffectChunkOption(pulled(limit, left)))
        }).scoped
      if (AnswerBody.isEvents(request, status, response.headers)) {
        return yield* streamed([], Number.POSITIVE_INFINITY, never)
      }
      const chunks: Array<Uint8Array> = []
      let size = 0
      const next = pulled(limits.bodyIdle, ends).pipe(
        Effect.asSome,
        Effect.catchAll(Option.match({ onNone: () => Effect.succeedNone, onSome: (failure) => Effect.fail(failure) })),
        restore,
        Effect.onError(() => close)
      )
      while (size <= maxBufferedBytes) {
        const more = yield* next
        if (Option.isNone(more)) {
          yield* close
          const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
          return new BufferedResponse(request, status, headers, bytes ?? new Uint8Array())
        }
        for (const chunk of Chunk.toReadonlyArray(more.value)) {
          chunks.push(chunk)
          size += chunk.length
        }
      }
      return yield* streamed(chunks, limits.bodyIdle, { ...ends, attempt: Number.POSITIVE_INFINITY })
    })
  )

/** `exchange` gives the head, its body unread. */
export const limited = (
  request: HttpClientRequest,
  limits: PhaseLimits,
  exchange: Effect.Effect<HttpClientResponse, ExchangeFailure>
): Effect.Effect<HttpClientResponse, ExchangeFailure> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const ends = { attempt: now + limits.attempt, total: now + limits.total }
    // How long of this was the connection cannot be seen from here.
    return Effect.flatMap(
      within("headers", limits.connect + limits.headers, ends)(exchange),
      (response) => receive(request, response, limits, ends)
    )
  })
