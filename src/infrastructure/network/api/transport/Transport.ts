/**
 * One exchange on the wire: a request, and an answer or the reason why there is none.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Context } from "effect"
import type { Effect } from "effect"
import type { ExchangeFailure } from "../ApiError.ts"

/** In milliseconds; `Infinity` where there is no limit. */
export interface PhaseLimits {
  readonly connect: number
  /** From the end of the request to the head of the answer; as long may each piece of a large body wait to be taken. */
  readonly headers: number
  /** Between two pieces of the body. Event streams have no such limit. */
  readonly bodyIdle: number
  /** The whole attempt; of an answer that is streamed, its head. */
  readonly attempt: number
  /** What is left of the call, the body included, streamed or not. Event streams have no such limit once they are open. */
  readonly total: number
}

export class Transport extends Context.Tag("effect-strata/infrastructure/network/api/transport/Transport")<
  Transport,
  {
    /**
     * Sends the request once, as it is, without its fragment; follows no redirect, opens no span, adds no header of its
     * own but those of HTTP/1.1. Interruption ends the exchange and its connection. The answer of any status is a
     * success, its body complete in memory unless it is large or an event stream: then whoever takes it reads it to the
     * end or lets go of it with `discard`.
     */
    readonly exchange: (
      request: HttpClientRequest,
      limits: PhaseLimits
    ) => Effect.Effect<HttpClientResponse, ExchangeFailure>
  }
>() {}
