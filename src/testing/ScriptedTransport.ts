/**
 * A transport whose other side does what a test says, in the time of `Clock`. It keeps limits of time as the real one does.
 */
import * as Headers from "@effect/platform/Headers"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Clock, Duration, Effect, Exit, Layer, Stream } from "effect"
import { DeadlineExceeded, TransportFailure } from "../infrastructure/network/api/ApiError.ts"
import type { ExchangeFailure, Phase } from "../infrastructure/network/api/ApiError.ts"
import * as AnswerBody from "../infrastructure/network/api/transport/AnswerBody.ts"
import { BufferedResponse, maxBufferedBytes } from "../infrastructure/network/api/transport/BufferedResponse.ts"
import { StreamingResponse } from "../infrastructure/network/api/transport/StreamingResponse.ts"
import { Transport } from "../infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../infrastructure/network/api/transport/Transport.ts"
import * as WholeBody from "../infrastructure/network/api/transport/WholeBody.ts"

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
  /** Whether an answer that was handed over before it was complete was read, or let go of with `discard` or its scope. */
  isLetGo: boolean
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

type Wait = (
  phase: Phase,
  duration: Duration.DurationInput | undefined,
  limit: number
) => Effect.Effect<void, DeadlineExceeded>

/** Waits, for ever when the duration is `undefined`, unless a limit comes first. */
const waiting = (limits: Pick<PhaseLimits, "attempt" | "total">, startedAt: number): Wait => (phase, duration, limit) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const elapsed = now - startedAt
    const total = limits.total - elapsed
    const own = Math.min(limit, limits.attempt - elapsed)
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

const streamOf = (
  step: Step,
  pause: (after: Duration.DurationInput | undefined) => Effect.Effect<void, DeadlineExceeded>
): Stream.Stream<Uint8Array, ExchangeFailure> => {
  const pieces = Stream.fromIterable(piecesOf(step)).pipe(
    Stream.rechunk(1),
    Stream.mapEffect(({ after = 0, data }) => Effect.as(pause(after), bytesOf(data)))
  )
  if (step.cut !== undefined) {
    return Stream.concat(pieces, Stream.fail(new TransportFailure({ reason: "reset", sent: "maybe" })))
  }
  return step.never === "body" ? Stream.concat(pieces, Stream.drain(Stream.fromEffect(pause(undefined)))) : pieces
}

const answer = (exchange: Exchange, step: Step): Effect.Effect<HttpClientResponse, ExchangeFailure> => {
  const { limits, request, startedAt } = exchange
  const { status = 200 } = step
  const headers = Headers.fromInput(step.headers)
  const complete = (bytes: Uint8Array) => new BufferedResponse(request, status, headers, bytes)
  if (AnswerBody.isAbsent(request, status)) return Effect.succeed(complete(new Uint8Array()))
  const body = ({ attempt, bodyIdle, total }: Pick<PhaseLimits, "attempt" | "bodyIdle" | "total">) => {
    const wait = waiting({ attempt, total }, startedAt)
    return streamOf(step, (after) => wait("body", after, bodyIdle))
  }
  const events = AnswerBody.isEvents(request, status, headers)
  const size = piecesOf(step).reduce((sum, { data }) => sum + bytesOf(data).length, 0)
  if (!events && size <= maxBufferedBytes) {
    return Effect.map(Stream.runCollect(body(limits)), (chunks) => complete(Buffer.concat([...chunks])))
  }
  const attempt = Number.POSITIVE_INFINITY
  return new StreamingResponse(request, status, headers, {
    stream: body(events ? { attempt, bodyIdle: attempt, total: attempt } : { ...limits, attempt }),
    letGo: () => {
      exchange.isLetGo = true
    }
  }).scoped
}

const play = (exchange: Exchange, step: Step) =>
  Effect.gen(function*() {
    const { limits, startedAt } = exchange
    const wait = waiting(limits, startedAt)
    yield* wait("connect", step.connect ?? 0, limits.connect)
    if (step.refuse === true) return yield* new TransportFailure({ reason: "refused", sent: "no" })
    if (step.tls === true) return yield* new TransportFailure({ reason: "tls", sent: "no" })
    yield* wait("headers", step.never === "head" ? undefined : step.latency ?? 0, limits.headers)
    if (step.reset === true) return yield* new TransportFailure({ reason: "reset", sent: "maybe" })
    return yield* answer(exchange, step)
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
          outcome: "open",
          isLetGo: false
        }
        exchanges.push(exchange)
        return yield* WholeBody.of(request).pipe(
          Effect.flatMap((whole) => {
            Object.assign(exchange, { request: whole.request, body: whole.bytes ?? exchange.body })
            const step = script(exchange)
            return Effect.isEffect(step) ? step : Effect.succeed(step)
          }),
          Effect.flatMap((step) => play(exchange, step)),
          Effect.onExit((exit) => Effect.sync(() => void (exchange.outcome = outcomeOf(exit))))
        )
      })
  })
  return { transport, layer: Layer.succeed(Transport, transport), exchanges }
}
