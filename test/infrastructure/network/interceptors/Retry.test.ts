import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, FastCheck, Stream } from "effect"
import { TransportFailure } from "../../../../src/infrastructure/network/api/ApiError.ts"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as OriginState from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import { BufferedResponse } from "../../../../src/infrastructure/network/api/transport/BufferedResponse.ts"
import { Call } from "../../../../src/infrastructure/network/interceptors/Call.ts"
import * as Retry from "../../../../src/infrastructure/network/interceptors/Retry.ts"

interface Case {
  readonly method: HttpMethod
  readonly marked: boolean
  readonly body: "none" | "bytes" | "stream"
  readonly outcome: number | "not sent" | "maybe sent" | "tls"
}

/** The table of the specification, written down once more. */
const expected = ({ body, marked, method, outcome }: Case) => {
  const mayRepeat = marked || (method !== "POST" && method !== "PATCH")
  if (body === "stream" || outcome === "tls") return 1
  if (outcome === "not sent") return 4
  if (outcome === "maybe sent") return mayRepeat ? 4 : 1
  if (outcome === 429 || outcome === 425 || outcome === 421) return 4
  return mayRepeat && [408, 500, 502, 503, 504].includes(outcome) ? 4 : 1
}

const cases = FastCheck.record<Case>({
  method: FastCheck.constantFrom("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"),
  marked: FastCheck.boolean(),
  body: FastCheck.constantFrom("none", "bytes", "stream"),
  outcome: FastCheck.oneof(
    FastCheck.constantFrom("not sent" as const, "maybe sent" as const, "tls" as const),
    FastCheck.constantFrom(200, 204, 304, 400, 401, 404, 408, 409, 421, 422, 425, 429, 500, 501, 502, 503, 504, 505)
  )
})

const requestOf = ({ body, method }: Case) => {
  const request = HttpClientRequest.make(method)("/")
  if (body === "none") return request
  return body === "bytes"
    ? HttpClientRequest.bodyText(request, "body")
    : HttpClientRequest.bodyStream(request, Stream.make(new Uint8Array()))
}

/** Every wait is over at once. */
const hasty: Clock.Clock = Object.assign(Object.create(Clock.make()), { sleep: () => Effect.void })

/** How often the request goes out. */
const attempts = (each: Case) =>
  Effect.gen(function*() {
    const request = requestOf(each)
    let sent = 0
    const send = Retry.make(ApiPolicy.defaults).around(() => {
      sent++
      if (typeof each.outcome === "number") {
        return Effect.succeed(new BufferedResponse(request, each.outcome, {}, new Uint8Array()))
      }
      return new TransportFailure({
        reason: each.outcome === "tls" ? "tls" : "reset",
        sent: each.outcome === "maybe sent" ? "maybe" : "no"
      })
    })
    const call = new Call({
      method: each.method,
      template: undefined,
      endpoint: {},
      options: { repeatable: each.marked },
      origin: OriginState.make("http://api.test", ApiPolicy.defaults),
      clock: hasty
    })
    yield* Effect.exit(send(request, call))
    return sent
  }).pipe(Effect.withClock(hasty))

describe("Retry", () => {
  it("follows the table for every method, mark, body and outcome", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(cases, async (each) => {
        assert.strictEqual(await Effect.runPromise(attempts(each)), expected(each))
      }),
      { numRuns: 1000 }
    )
  })
})
