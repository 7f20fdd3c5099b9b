/**
 * An answer whose body has arrived completely.
 */
import type * as Headers from "@effect/platform/Headers"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { Effect, Stream } from "effect"
import { ReceivedResponse } from "./ReceivedResponse.ts"

/** Answers up to this size are handed over complete, in bytes. */
export const maxBufferedBytes = 1024 * 1024

export class BufferedResponse extends ReceivedResponse {
  readonly bytes: Uint8Array

  constructor(request: HttpClientRequest, status: number, headers: Headers.Input, bytes: Uint8Array) {
    super(request, status, headers)
    this.bytes = bytes
  }

  get whole() {
    return Effect.succeed(this.bytes)
  }

  get stream() {
    return Stream.make(this.bytes)
  }
}
