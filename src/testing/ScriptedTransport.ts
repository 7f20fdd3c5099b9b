/**
 * A transport whose other side does what a test says, in the time of `Clock`. It keeps limits of time as the real one does.
 */
import { setHeader } from "@effect/platform/HttpClientRequest"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Clock, Duration, Effect, Exit, Layer, Stream } from "effect"
import { DeadlineExceeded, TransportFailure } from "../infrastructure/network/api/ApiError.ts"
import type { Phase } from "../infrastructure/network/api/ApiError.ts"
import { BufferedResponse, maxBufferedBytes } from "../infrastructure/network/api/transport/BufferedResponse.ts"
import * as FormBody from "../infrastructure/network/api/transport/FormBody.ts"
import { StreamingResponse } from "../infrastructure/network/api/transport/StreamingResponse.ts"
import { Transport } from "../infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../infrastructure/network/api/transport/Transport.ts"

/** One exchange, as it reached the other side, or did not. */
export interface Exchange {
  readonly request: HttpClientRequest
  /** From 1. */
  readonly number: number
  readonly limits: PhaseLimits
  /** The body's bytes, whatever kind it is. */
  readonly body: Uint8Array
  /** Milliseconds of `Clock` when it began. */
  readonly startedAt: number
  /** How it ended, its body not included; `open` until then. */
  outcome: "open" | "answered" | "failed" | "interrupted"
}

/** A piece of an answer's body, and how long after the piece before it comes. */
export interface Piece {
  readonly data: string | Uint8Array
  readonly after?: Duration.DurationInput
}

/** What the other side does: at most one of `refuse`, `tls`, `reset` and `never: "head"`, else an answer. */
export interface Step {
  /** Until there is a connection. */
  readonly connect?: Duration.DurationInput
  /** From the request to the head of the answer, or to the reset. */
  readonly latency?: Duration.DurationInput
  readonly refuse?: boolean
  readonly tls?: boolean
  /** The connection breaks after the request was sent. */
  readonly reset?: boolean
  /** What never comes: the head, or the end of the body. */
  readonly never?: "head" | "body"
  /** 200 unless told. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Instead of `body`. */
  readonly chunks?: ReadonlyArray<Piece>
  /** The connection breaks after so many bytes of the body. */
  readonly cut?: number
}

export type Script = (exchange: Exchange) => Step | Effect.Effect<Step>

export interface ScriptedTransport {
  readonly transport: typeof Transport.Service
  readonly layer: Layer.Layer<Transport>
  /** All so far, the oldest first. */
  readonly exchanges: ReadonlyArray<Exchange>
}

const bytesOf = (data: string | Uint8Array) => typeof data === "string" ? new TextEncoder().encode(data) : data

const unreadable = (sent: "no" | "maybe") => (cause: unknown) =>
  new TransportFailure({ reason: "invalid_request", sent, cause })

type Sent = Pick<Exchange, "request" | "body">

const sentOf = (request: HttpClientRequest): Effect.Effect<Sent, TransportFailure> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ request, body: new Uint8Array() })
    case "Uint8Array":
      return Effect.succeed({ request, body: body.body })
    case "FormData":
      return Effect.mapBoth(FormBody.encode(body), {
        onSuccess: ({ bytes, contentType }) => ({
          request: setHeader(request, "content-type", contentType),
          body: bytes
        }),
        onFailure: unreadable("no")
      })
    case "Stream":
      return Effect.map(
        Stream.runCollect(Stream.mapError(body.stream, unreadable("maybe"))),
        (chunks) => ({ request, body: new Uint8Array(Buffer.concat([...chunks])) })
      )
    case "Raw":
      return Effect.fail(unreadable("no")(undefined))
  }
}

/** Time as the limits of one exchange count it. */
class Limited {
  private readonly limits: PhaseLimits
  private readonly startedAt: number

  constructor(limits: PhaseLimits, startedAt: number) {
    this.limits = limits
    this.startedAt = startedAt
  }

  /** Waits, for ever when it is `undefined`, unless a limit comes first. */
  wait(
    phase: Phase,
    duration: Duration.DurationInput | undefined,
    { attempt = this.limits.attempt, limit }: { readonly limit: number; readonly attempt?: number }
  ): Effect.Effect<void, DeadlineExceeded> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const elapsed = now - this.startedAt
      const total = this.limits.total - elapsed
      const own = Math.min(limit, attempt - elapsed)
      const left = Math.max(0, Math.min(own, total))
      const wanted = duration === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(duration)
      if (wanted === 0) return Effect.void
      if (wanted <= left && Number.isFinite(wanted)) return Effect.sleep(wanted)
      if (!Number.isFinite(left)) return Effect.never
      const exceeded = new DeadlineExceeded({
        phase,
        scope: total < own ? "total" : "attempt",
        sent: phase === "connect" ? "no" : "maybe"
      })
      return Effect.zipRight(Effect.sleep(left), exceeded)
    })
  }
}

const isEventStream = (value: string | undefined) => value?.toLowerCase().startsWith("text/event-stream") === true

const piecesOf = (step: Step): ReadonlyArray<Piece> => {
  const all = step.chunks ?? (step.body === undefined ? [] : [{ data: step.body }])
  if (step.cut === undefined) return all
  const kept: Array<Piece> = []
  let left = step.cut
  for (const { data, ...rest } of all) {
    const bytes = bytesOf(data).subarray(0, left)
    left -= bytes.length
    if (bytes.length > 0) kept.push({ data: bytes, ...rest })
  }
  return kept
}

type BodyFailure = TransportFailure | DeadlineExceeded

const streamOf = (
  step: Step,
  pause: (after: Duration.DurationInput | undefined) => Effect.Effect<void, DeadlineExceeded>
): Stream.Stream<Uint8Array, BodyFailure> => {
  const pieces = Stream.fromIterable(piecesOf(step)).pipe(
    Stream.rechunk(1),
    Stream.mapEffect(({ after = 0, data }) => Effect.as(pause(after), bytesOf(data)))
  )
  if (step.cut !== undefined) {
    return Stream.concat(pieces, Stream.fail(new TransportFailure({ reason: "reset", sent: "maybe" })))
  }
  return step.never === "body" ? Stream.concat(pieces, Stream.drain(Stream.fromEffect(pause(undefined)))) : pieces
}

const answer = (
  request: HttpClientRequest,
  limited: Limited,
  limits: PhaseLimits,
  step: Step
): Effect.Effect<HttpClientResponse, BodyFailure> =>
  Effect.gen(function*() {
    const status = step.status ?? 200
    const { headers = {} } = step
    const bodiless = status === 204 || status === 304 || request.method === "HEAD"
    const from = (bytes: Uint8Array) => new BufferedResponse(request, status, headers, bytes)
    const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1]
    const events = status === 200 && isEventStream(request.headers["accept"]) && isEventStream(type)
    const size = piecesOf(step).reduce((sum, { data }) => sum + bytesOf(data).length, 0)
    const limit = events ? Number.POSITIVE_INFINITY : limits.bodyIdle
    if (bodiless) return from(new Uint8Array())
    if (!events && size <= maxBufferedBytes) {
      const chunks = yield* Stream.runCollect(streamOf(step, (after) => limited.wait("body", after, { limit })))
      return from(Buffer.concat([...chunks]))
    }
    const streamed = events
      ? new Limited({ ...limits, total: Number.POSITIVE_INFINITY }, yield* Clock.currentTimeMillis)
      : limited
    const attempt = Number.POSITIVE_INFINITY
    const body = streamOf(step, (after) => streamed.wait("body", after, { limit, attempt }))
    return yield* new StreamingResponse(request, status, headers, { stream: body, letGo: () => undefined }).scoped
  })

const play = (request: HttpClientRequest, limits: PhaseLimits, startedAt: number, step: Step) =>
  Effect.gen(function*() {
    const limited = new Limited(limits, startedAt)
    yield* limited.wait("connect", step.connect ?? 0, { limit: limits.connect })
    if (step.refuse === true) return yield* new TransportFailure({ reason: "refused", sent: "no" })
    if (step.tls === true) return yield* new TransportFailure({ reason: "tls", sent: "no" })
    const head = step.never === "head" ? undefined : step.latency ?? 0
    yield* limited.wait("headers", head, { limit: limits.headers })
    if (step.reset === true) return yield* new TransportFailure({ reason: "reset", sent: "maybe" })
    return yield* answer(request, limited, limits, step)
  })

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Exchange["outcome"] =>
  Exit.isSuccess(exit) ? "answered" : Exit.isInterrupted(exit) ? "interrupted" : "failed"

/** `script` is asked once per exchange, in the order in which they begin. */
export const make = (script: Script): ScriptedTransport => {
  const exchanges: Array<Exchange> = []
  const transport = Transport.of({
    exchange: (request, limits) =>
      Effect.gen(function*() {
        const startedAt = yield* Clock.currentTimeMillis
        const number = exchanges.length + 1
        const exchange: Exchange = {
          request,
          number,
          limits,
          body: new Uint8Array(),
          startedAt,
          outcome: "open"
        }
        exchanges.push(exchange)
        return yield* sentOf(request).pipe(
          Effect.flatMap((sent) => {
            Object.assign(exchange, sent)
            const step = script(exchange)
            return Effect.isEffect(step) ? step : Effect.succeed(step)
          }),
          Effect.flatMap((step) => play(request, limits, startedAt, step)),
          Effect.onExit((exit) => Effect.sync(() => void (exchange.outcome = outcomeOf(exit))))
        )
      })
  })
  return { transport, layer: Layer.succeed(Transport, transport), exchanges }
}
