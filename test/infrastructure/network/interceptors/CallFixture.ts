/**
 * A new call, as the pipeline would make it, for tests of what stands inside.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { Effect } from "effect"
import type { EndpointPolicy } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { CallOptions } from "../../../../src/infrastructure/network/api/CallOptions.ts"
import type { OriginState } from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import { Call } from "../../../../src/infrastructure/network/interceptors/Call.ts"

export interface About {
  readonly template?: string | undefined
  readonly endpoint?: EndpointPolicy
  readonly options?: CallOptions
  /** Milliseconds until the call is over. */
  readonly total?: number | undefined
}

export const make = (
  { method }: Pick<HttpClientRequest, "method">,
  origin: OriginState,
  { endpoint = {}, options = {}, template, total }: About = {}
): Effect.Effect<Call> =>
  Effect.map(Effect.clock, (clock) => {
    const call = new Call({ method, template, endpoint, options, origin, clock })
    if (total !== undefined) call.deadline = call.startedAt + total
    return call
  })
