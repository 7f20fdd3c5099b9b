/**
 * One exchange as undici reports it: how far it came, what arrived so far, and who waits for it.
 */
import * as Headers from "@effect/platform/Headers"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Predicate } from "effect"
import type { Dispatcher } from "undici"
import { DeadlineExceeded, TransportFailure } from "../ApiError.ts"
import type { ExchangeFailure } from "../ApiError.ts"
import * as AnswerBody from "./AnswerBody.ts"
import { BufferedResponse, maxBufferedBytes } from "./BufferedResponse.ts"
import { Deadlines } from "./Deadlines.ts"
import type { Timer } from "./DeadlineTimer.ts"
import { bare, reasonOf } from "./FailureReason.ts"
import { IncomingBody } from "./IncomingBody.ts"
import type { Upload } from "./OutgoingBody.ts"
import { StreamingResponse } from "./StreamingResponse.ts"
import type { PhaseLimits } from "./Transport.ts"

type Resume = (result: Effect.Effect<HttpClientResponse, ExchangeFailure>) => void

const empty = new Uint8Array()

export class UndiciExchange implements Dispatcher.DispatchHandler {
  private readonly request: HttpClientRequest
  private readonly upload: Upload | undefined
  private readonly timer: Timer
  private readonly maxBodyBytes: number
  private readonly maxBuffered: number
  private readonly isQueued: () => boolean
  private readonly resume: Resume
  private readonly deadlines: Deadlines
  private controller: Dispatcher.DispatchController | undefined
  private over = false
  private streaming: IncomingBody | undefined
  private status = 0
  private headers: Headers.Input = Headers.empty
  private chunks: Array<Uint8Array> = []
  private size = 0

  constructor(parts: {
    readonly request: HttpClientRequest
    readonly upload: Upload | undefined
    readonly limits: PhaseLimits
    readonly timer: Timer
    readonly maxBodyBytes: number
    /** Whether an exchange without a connection waits for one that is in use. */
    readonly isQueued: () => boolean
    readonly resume: Resume
  }) {
    this.request = parts.request
    this.upload = parts.upload
    this.timer = parts.timer
    this.maxBodyBytes = parts.maxBodyBytes
    this.maxBuffered = Math.min(maxBufferedBytes, parts.maxBodyBytes)
    this.isQueued = parts.isQueued
    this.resume = parts.resume
    this.deadlines = new Deadlines(parts.timer, parts.limits, (failure) => this.expired(failure))
    if (this.upload !== undefined) {
      this.upload.progress = {
        pulled: () => this.deadlines.requestHeld(),
        given: () => this.deadlines.answerAwaited(),
        failed: (cause, begun) =>
          this.fail(new TransportFailure({ reason: "invalid_request", sent: begun ? "maybe" : "no", cause }))
      }
    }
  }

  /** Nobody waits any more. */
  giveUp(): void {
    if (this.streaming !== undefined) return this.streaming.letGo()
    if (this.over) return
    this.finish()
    this.controller?.abort(new Error("The request was given up"))
  }

  /** Throwing is the one way to turn down a connection that comes too late without closing it. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.over) throw new Error("The request was given up")
    this.controller = controller
    this.deadlines.connected(this.upload === undefined)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | Array<string>>
  ): void {
    if (status < 200 || this.over) return
    this.status = status
    this.headers = headers
    this.deadlines.bodyAwaited()
    const length = headers["content-length"]
    const large = length !== undefined && Number(length) > this.maxBuffered && !this.bodiless
    const events = headers["content-type"] !== undefined
      && AnswerBody.isEvents(this.request, status, Headers.fromInput(headers))
    if (large || events) this.stream(controller, events)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.streaming !== undefined) return this.streaming.push(chunk)
    if (this.over) return
    this.deadlines.bodyAwaited()
    this.chunks.push(chunk)
    this.size += chunk.length
    if (this.size > this.maxBuffered) this.stream(controller, false)
  }

  onResponseEnd(): void {
    if (this.streaming !== undefined) return this.endStream()
    if (this.over) return
    const bytes = this.chunks.length > 1 ? Buffer.concat(this.chunks) : this.chunks[0] ?? empty
    this.finish()
    this.resume(Effect.succeed(new BufferedResponse(this.request, this.status, this.headers, bytes)))
  }

  onResponseError(_: unknown, cause: unknown): void {
    // undici expects the length that the head tells of a body that, by RFC 9110, section 8.6, is not there.
    if (this.bodiless && reasonOf(cause) === "malformed") return this.onResponseEnd()
    this.fail(new TransportFailure({ reason: reasonOf(cause), sent: this.sent(cause), cause: bare(cause) }))
  }

  private get bodiless(): boolean {
    return this.status !== 0 && AnswerBody.isAbsent(this.request, this.status)
  }

  /** A request of which not even the head could be written is the only one that certainly did not arrive. */
  private sent(cause: unknown): "no" | "maybe" {
    if (this.controller === undefined) return "no"
    const unwritten = this.status === 0 && this.request.body._tag === "Empty"
      && Predicate.hasProperty(cause, "syscall") && cause.syscall === "write"
    return unwritten ? "no" : "maybe"
  }

  private expired(failure: DeadlineExceeded): void {
    const isQueued = failure.phase === "connect" && this.isQueued()
    this.fail(isQueued ? new DeadlineExceeded({ phase: "queue", scope: failure.scope, sent: "no" }) : failure)
    this.controller?.abort(new Error("A limit of time was reached"))
  }

  private fail(failure: ExchangeFailure): void {
    if (this.streaming !== undefined) return this.endStream(failure)
    if (this.over) return
    this.finish()
    this.resume(Effect.fail(failure))
  }

  private stream(controller: Dispatcher.DispatchController, events: boolean): void {
    this.over = true
    this.deadlines.streamed(events)
    this.streaming = new IncomingBody({
      controller,
      deadlines: this.deadlines,
      startTimer: this.timer.start,
      drains: !events,
      arrived: this.chunks
    })
    this.chunks = []
    this.resume(
      new StreamingResponse(this.request, this.status, this.headers, this.streaming, this.maxBodyBytes).scoped
    )
  }

  private endStream(failure?: ExchangeFailure): void {
    this.upload?.stop()
    this.streaming?.end(failure)
  }

  private finish(): void {
    this.over = true
    this.deadlines.stop()
    this.upload?.stop()
    this.chunks = []
  }
}
