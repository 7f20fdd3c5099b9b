/**
 * An answer that is read while it arrives. Nothing more arrives while nobody reads.
 */
import type * as Headers from "@effect/platform/Headers"
import { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { Context, Effect, ExecutionStrategy, Exit, Option, Scope, Stream } from "effect"
import type { ExchangeFailure } from "../ApiError.ts"
import { ReceivedResponse } from "./ReceivedResponse.ts"

/** Largest answer that is put together in memory for whoever asks for all of it at once, in bytes. */
export const maxBodyBytes = 16 * 1024 * 1024

/** What every cause of `too_large` carries; undici's own code for it. */
const exceededMaxSize = { code: "UND_ERR_RES_EXCEEDED_MAX_SIZE" }

/** A body on its way. */
export interface Incoming {
  readonly stream: Stream.Stream<Uint8Array, ExchangeFailure>
  /** Nobody will read (on): keeps the connection when little is left, closes it otherwise. Waits for nothing. */
  readonly letGo: () => void
}

/** Bodies of answers that nobody refers to any more. */
const forgotten = new FinalizationRegistry<() => void>((letGo) => letGo())

export class StreamingResponse extends ReceivedResponse {
  private readonly incoming: Incoming
  private readonly limit: number
  private collected: Uint8Array | undefined
  private taken = false
  private owner: Scope.CloseableScope | undefined

  constructor(
    request: HttpClientRequest,
    status: number,
    headers: Headers.Input,
    incoming: Incoming,
    limit: number = maxBodyBytes
  ) {
    super(request, status, headers)
    this.incoming = incoming
    this.limit = limit
    forgotten.register(this, incoming.letGo)
  }

  /** The answer, which is let go of when the scope that is open here closes, unless it was read by then. */
  get scoped(): Effect.Effect<StreamingResponse> {
    return Effect.contextWithEffect((context: Context.Context<never>) => {
      const scope = Context.getOption(context as Context.Context<Scope.Scope>, Scope.Scope)
      if (Option.isNone(scope)) return Effect.succeed(this)
      return Effect.flatMap(Scope.fork(scope.value, ExecutionStrategy.sequential), (owner) => {
        this.owner = owner
        return Effect.as(Scope.addFinalizer(owner, Effect.sync(this.incoming.letGo)), this)
      })
    })
  }

  /** Whoever comes after the last reader finds nothing. */
  get letGo(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.taken = true
      this.incoming.letGo()
      return this.owner === undefined ? Effect.void : Scope.close(this.owner, Exit.void)
    })
  }

  /** Can be read once, unless all of it was put together. */
  get stream(): Stream.Stream<Uint8Array, ResponseError> {
    return Stream.suspend(() => {
      if (this.collected !== undefined) return Stream.make(this.collected)
      // What is left would look like a body that is complete.
      if (this.taken) return Stream.fail(this.failure(new Error("The body was read, or let go of")))
      this.taken = true
      return this.incoming.stream.pipe(
        Stream.mapError((cause) => this.failure(cause)),
        Stream.ensuring(this.letGo)
      )
    })
  }

  get whole(): Effect.Effect<Uint8Array, ResponseError> {
    return Effect.suspend(() =>
      this.collected === undefined
        ? Effect.tap(this.collect, (bytes) => Effect.sync(() => void (this.collected = bytes)))
        : Effect.succeed(this.collected)
    )
  }

  private get collect() {
    return Stream.runFoldEffect(this.stream, { chunks: [] as Array<Uint8Array>, size: 0 }, (body, chunk) => {
      body.chunks.push(chunk)
      body.size += chunk.length
      return body.size > this.limit ? Effect.fail(this.failure(exceededMaxSize)) : Effect.succeed(body)
    }).pipe(Effect.map(({ chunks }) => new Uint8Array(Buffer.concat(chunks))))
  }

  private failure(cause: unknown) {
    return new ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }
}
