import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Stream } from "effect"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as Loop from "./Loop.ts"

type Failure = number | "refused" | "reset" | "slow" | "tls" | "outstanding"

interface Case {
  readonly method: HttpMethod
  readonly body: "none" | "bytes" | "form" | "stream" | "factory"
  readonly failure: Failure
  readonly key: boolean
  readonly idempotent: boolean | undefined
  readonly unprocessedOn503: boolean
  readonly gateway52x: boolean
  readonly told: "true" | "false" | undefined
  readonly heeds: boolean
}

interface Expected {
  readonly sent: number
  readonly cost: number
  readonly ends: "answer" | "TransportFailure" | "DeadlineExceeded" | "BodyNotReplayable"
}

/** The table of the specification, written down once more, in its own words. */
const expected = (each: Case): Expected => {
  const { failure, method } = each
  const column =
    each.idempotent === true || (each.idempotent === undefined && (method !== "POST" && method !== "PATCH"))
      ? "idempotent"
      : each.idempotent === undefined && each.key
      ? "key"
      : "no key"
  const lost = failure === "reset" ? "TransportFailure" : "DeadlineExceeded"
  const answer = typeof failure === "number" || failure === "outstanding"
  const dead = each.body === "stream"
  const ends = answer ? "answer" : failure === "refused" || failure === "tls" ? "TransportFailure" : lost
  const again = (cost: number): Expected =>
    dead ? { sent: 1, cost: 0, ends: "BodyNotReplayable" } : { sent: 4, cost: 3 * cost, ends }
  const once: Expected = { sent: 1, cost: 0, ends }
  if (answer && failure !== 200 && failure !== 304 && each.heeds && each.told !== undefined) {
    return each.told === "true" ? again(5) : once
  }
  switch (failure) {
    case "refused":
      return again(5)
    case "reset":
    case "slow":
      return column === "no key" ? once : again(10)
    case 421:
    case 425:
    case 429:
      return again(5)
    case 503:
      return column === "no key" && !each.unprocessedOn503 ? once : again(5)
    case 408:
    case 500:
    case 502:
    case 504:
      return column === "no key" ? once : again(5)
    case 522:
      return column === "no key" || !each.gateway52x ? once : again(5)
    case "outstanding":
      // An answer to HEAD has no body that could say so.
      return each.key && method !== "HEAD" ? again(5) : once
    default:
      return once
  }
}

const statuses = [200, 304, 400, 401, 404, 408, 409, 421, 422, 425, 429, 500, 501, 502, 503, 504, 505, 522]
const failures: ReadonlyArray<Failure> = ["refused", "reset", "slow", "tls", "outstanding", ...statuses]

const cases = FastCheck.record<Case>({
  method: FastCheck.constantFrom("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"),
  body: FastCheck.constantFrom("none", "bytes", "form", "stream", "factory"),
  failure: FastCheck.constantFrom(...failures),
  key: FastCheck.boolean(),
  idempotent: FastCheck.constantFrom(undefined, undefined, true, false),
  unprocessedOn503: FastCheck.boolean(),
  gateway52x: FastCheck.boolean(),
  told: FastCheck.constantFrom(undefined, undefined, "true", "false"),
  heeds: FastCheck.boolean()
})

const bytes = new TextEncoder().encode("the same bytes")

const form = () => {
  const data = new FormData()
  data.append("name", "value")
  return data
}

const bodies = {
  none: HttpBody.empty,
  bytes: HttpBody.uint8Array(bytes),
  get form() {
    return HttpBody.formData(form())
  },
  stream: HttpBody.stream(Stream.make(bytes)),
  factory: HttpBody.stream(Stream.make(bytes))
}

const outstanding = { type: "https://api.test/idempotency", title: "A request is outstanding for this Idempotency-Key" }

/** Answers as `BufferedResponse`, as the real transport does; the rest is the scripted one's. */
const play = (each: Case) => {
  const { failure } = each
  const headers = each.told === undefined ? {} : { "x-should-retry": each.told }
  if (failure === "refused") return { refuse: true }
  if (failure === "tls") return { tls: true }
  if (failure === "reset") return { reset: true }
  if (failure === "slow") return { never: "head" as const }
  return {
    status: failure === "outstanding" ? 409 : failure,
    headers: { "content-type": "application/problem+json", ...headers },
    body: failure === "outstanding" ? JSON.stringify(outstanding) : "{}"
  }
}

const attempted = (each: Case) => {
  const loop = Loop.scripted(() => play(each), {
    retry: { ...ApiPolicy.defaults.retry, gateway52x: each.gateway52x, shouldRetryHeader: each.heeds },
    deadlines: { ...ApiPolicy.defaults.deadlines, total: "10 minutes" }
  })
  const request = HttpClientRequest.make(each.method)(`${Loop.url}/things`).pipe(
    HttpClientRequest.setBody(bodies[each.body])
  )
  return loop.call(request, {
    options: {
      replayableBody: each.body === "factory",
      ...(each.key ? { idempotencyKey: "k-1" } : {})
    },
    endpoint: {
      unprocessedOn503: each.unprocessedOn503,
      ...(each.idempotent === undefined ? {} : { idempotent: each.idempotent })
    }
  }).pipe(
    Effect.either,
    Effect.map((result) => ({
      sent: loop.exchanges.length,
      // A call that succeeds gives back 1, which a full budget does not take.
      cost: 100 - loop.origin.retryBudget.available,
      ends: Either.isRight(result) ? "answer" : result.left._tag
    })),
    Loop.inVirtualTime()
  )
}

describe("Retry", () => {
  it("follows the table for every method, body, failure and key", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(cases, async (each) => {
        assert.deepStrictEqual(await Effect.runPromise(attempted(each)), expected(each))
      }),
      { numRuns: 400 }
    )
  })
})
