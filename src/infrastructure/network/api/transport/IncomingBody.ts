/**
 * A body between undici, which pushes, and a stream, which pulls: what is ahead of the reader is bounded, the connection
 * pauses instead.
 */
import { Chunk, Effect, Option, Stream } from "effect"
import type { Dispatcher } from "undici"
import type { ExchangeFailure } from "../ApiError.ts"
import type { Deadlines } from "./Deadlines.ts"
import { drainable, drainLimit } from "./Discard.ts"
import type { Incoming } from "./StreamingResponse.ts"

/** Bytes held for a reader before the connection is paused. */
const highWaterMark = 65_536

type Pull = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<ExchangeFailure>>

export class IncomingBody implements Incoming {
  private readonly controller: Dispatcher.DispatchController
  private readonly deadlines: Deadlines
  private readonly startTimer: (millis: number, fire: () => void) => () => void
  /** Event streams end when the other side likes: there is nothing to gain from reading on. */
  private readonly drains: boolean
  private chunks: Array<Uint8Array>
  private size = 0
  private ended: { readonly failure: ExchangeFailure | undefined } | undefined
  private reader: ((result: Pull) => void) | undefined
  private left: { drained: number; readonly stopTimer: () => void } | undefined

  constructor(parts: {
    readonly controller: Dispatcher.DispatchController
    readonly deadlines: Deadlines
    readonly startTimer: (millis: number, fire: () => void) => () => void
    readonly drains: boolean
    readonly arrived: Array<Uint8Array>
  }) {
    this.controller = parts.controller
    this.deadlines = parts.deadlines
    this.startTimer = parts.startTimer
    this.drains = parts.drains
    this.chunks = parts.arrived
    this.size = this.chunks.reduce((sum, { length }) => sum + length, 0)
    this.rest()
  }

  push(chunk: Uint8Array): void {
    if (this.left !== undefined) return this.drain(chunk.length)
    this.chunks.push(chunk)
    this.size += chunk.length
    if (this.reader === undefined) this.rest()
    else this.wake()
  }

  /** Without a failure the body is complete. */
  end(failure?: ExchangeFailure): void {
    if (this.ended !== undefined) return
    this.deadlines.stop()
    this.left?.stopTimer()
    this.ended = { failure }
    this.wake()
  }

  readonly letGo = (): void => {
    if (this.ended !== undefined || this.left !== undefined) return
    this.deadlines.stop()
    const known = this.size
    this.chunks = []
    this.left = { drained: 0, stopTimer: this.startTimer(drainLimit, () => this.abort()) }
    if (!this.drains) return this.abort()
    this.drain(known)
    if (this.controller.paused) this.controller.resume()
  }

  get stream(): Stream.Stream<Uint8Array, ExchangeFailure> {
    return Stream.repeatEffectChunkOption(this.pull)
  }

  private drain(bytes: number): void {
    if (this.left === undefined) return
    this.left.drained += bytes
    if (this.left.drained > drainable) this.abort()
  }

  private abort(): void {
    this.left?.stopTimer()
    this.controller.abort(new Error("Nobody reads the answer any more"))
  }

  /** Nobody is waiting for what is here. */
  private rest(): void {
    if (this.size <= highWaterMark) return this.deadlines.bodyAwaited()
    this.controller.pause()
    this.deadlines.bodyHeld()
  }

  private wake(): void {
    const { reader } = this
    this.reader = undefined
    reader?.(this.pull)
  }

  private get pull(): Pull {
    return Effect.suspend(() => {
      if (this.chunks.length > 0) {
        const taken = Chunk.unsafeFromArray(this.chunks)
        this.chunks = []
        this.size = 0
        return Effect.succeed(taken)
      }
      if (this.ended !== undefined) return Effect.fail(Option.fromNullable(this.ended.failure))
      return Effect.async<Chunk.Chunk<Uint8Array>, Option.Option<ExchangeFailure>>((resume) => {
        this.reader = resume
        this.deadlines.bodyAwaited()
        if (this.controller.paused) this.controller.resume()
        return Effect.sync(() => {
          this.reader = undefined
        })
      })
    })
  }
}
