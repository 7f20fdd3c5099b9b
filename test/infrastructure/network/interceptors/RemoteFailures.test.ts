import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import {
  Conflict,
  Forbidden,
  NotFound,
  Offline,
  OutcomeUnknown,
  RateLimited,
  Rejected,
  Unavailable,
  UpgradeRequired
} from "../../../../src/domain/network/RemoteFailure.ts"
import * as ApiError from "../../../../src/infrastructure/network/api/ApiError.ts"
import { parse } from "../../../../src/infrastructure/network/api/ProblemDetails.ts"
import type { Call } from "../../../../src/infrastructure/network/interceptors/Call.ts"
import type { SendCall } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as RemoteFailures from "../../../../src/infrastructure/network/interceptors/RemoteFailures.ts"
import { failureOf, getProfile, post, run } from "../Calls.ts"
import * as Fused from "../Fused.ts"
import * as ScriptedServer from "../ScriptedServer.ts"

const issues = (body: unknown) =>
  Effect.map(run(() => ScriptedServer.json(422, body), post), (outcome) => {
    const failure = failureOf(outcome)
    return failure?._tag === "Rejected" ? failure.issues : undefined
  })

const problem = parse("")

/** Every way a call ends, and what comes of it for a request that may be repeated and for one that may not. */
const table: ReadonlyArray<readonly [ApiError.ApiError, string, string?]> = [
  [new ApiError.RequestInvalid({ issues: ["title: Type"] }), "Rejected"],
  [new ApiError.Offline(), "Offline"],
  [new ApiError.CircuitOpen({ origin: "o", halfOpen: false, retryAfter: Duration.seconds(3) }), "Unavailable"],
  [new ApiError.Throttled({ by: "rate", retryAfter: Duration.seconds(3) }), "Unavailable"],
  [new ApiError.Throttled({ by: "bulkhead" }), "Unavailable"],
  [new ApiError.DeadlineExceeded({ phase: "queue", scope: "total", sent: "no" }), "Unavailable"],
  [new ApiError.DeadlineExceeded({ phase: "body", scope: "total", sent: "maybe" }), "Unavailable", "OutcomeUnknown"],
  [new ApiError.TransportFailure({ reason: "refused", sent: "no" }), "Offline"],
  [new ApiError.TransportFailure({ reason: "tls", sent: "no" }), "Unavailable"],
  [new ApiError.TransportFailure({ reason: "invalid_request", sent: "no" }), "Rejected"],
  [new ApiError.TransportFailure({ reason: "reset", sent: "maybe" }), "Unavailable", "OutcomeUnknown"],
  [new ApiError.TransportFailure({ reason: "tls", sent: "maybe" }), "Unavailable", "OutcomeUnknown"],
  ...[301, 302, 303, 502, 504, 520, 521, 522, 523, 524, 527].map((status) =>
    [new ApiError.HttpFailure({ status, problem }), "Unavailable", "OutcomeUnknown"] as const
  ),
  ...[307, 308].map((status) => [new ApiError.HttpFailure({ status, problem }), "Unavailable"] as const),
  [new ApiError.HttpFailure({ status: 401, problem }), "Unauthenticated"],
  [new ApiError.HttpFailure({ status: 429, problem }), "RateLimited"],
  [new ApiError.HttpFailure({ status: 503, problem }), "Unavailable"],
  [new ApiError.SessionExpired(), "Unauthenticated"],
  [new ApiError.AuthUnavailable({ failure: new Unavailable({}) }), "Unavailable"],
  [new ApiError.AuthUnavailable({ failure: new Offline() }), "Offline"],
  [new ApiError.AuthUnavailable({ failure: new RateLimited({ retryAfter: Duration.seconds(3) }) }), "RateLimited"],
  [new ApiError.AuthUnavailable({ failure: new UpgradeRequired() }), "UpgradeRequired"],
  [new ApiError.AuthUnavailable({ failure: new Rejected({ issues: ["a"] }) }), "Unavailable"],
  [new ApiError.AuthUnavailable({ failure: new NotFound() }), "Unavailable"],
  [new ApiError.AuthUnavailable({ failure: new Conflict() }), "Unavailable"],
  [new ApiError.AuthUnavailable({ failure: new Forbidden() }), "Unavailable"],
  [new ApiError.AuthUnavailable({ failure: new OutcomeUnknown() }), "Unavailable"],
  [new ApiError.IdempotencyKeyReused(), "Rejected"],
  [new ApiError.DecodeFailure({ status: 200, issues: [] }), "Unavailable", "OutcomeUnknown"],
  [new ApiError.VersionRetired({ version: "v1" }), "UpgradeRequired"],
  [new ApiError.BodyNotReplayable({ outcome: "rejected" }), "Unavailable"],
  [new ApiError.BodyNotReplayable({ outcome: "unknown" }), "Unavailable", "OutcomeUnknown"]
]

const tagOf = (error: ApiError.ApiError, call: Pick<Call, "outcome" | "repeatable">) =>
  RemoteFailures.failureOf(error, { isDone: false, ...call })._tag

describe("RemoteFailures", () => {
  it("maps every way a call ends to the failure a caller acts on", () => {
    for (const [error, repeatable, once = repeatable] of table) {
      const { outcome } = error
      assert.strictEqual(tagOf(error, { repeatable: true, outcome }), repeatable, error._tag)
      assert.strictEqual(tagOf(error, { repeatable: false, outcome }), once, error._tag)
    }
    const tags = Object.values(ApiError).flatMap((each) =>
      typeof each === "function" && each.prototype instanceof Error ? [each.name] : []
    )
    assert.isAbove(tags.length, 10)
    assert.sameMembers([...new Set(table.map(([error]) => error.constructor.name))], tags)
  })

  it("tells no call as not sent that was sent before", () => {
    for (const [error, tag] of table) {
      if (error.outcome !== "not-sent") continue
      for (const outcome of ["rejected", "failed", "unknown"] as const) {
        const repeatable = tagOf(error, { repeatable: true, outcome })
        assert.strictEqual(repeatable, tag === "Offline" ? "Unavailable" : tag, `${error._tag}, ${outcome}`)
        const once = tagOf(error, { repeatable: false, outcome })
        assert.strictEqual(once, outcome === "unknown" ? "OutcomeUnknown" : repeatable, `${error._tag}, ${outcome}`)
      }
    }
    const offline = new ApiError.AuthUnavailable({ failure: new Offline() })
    assert.strictEqual(tagOf(offline, { repeatable: true, outcome: "not-sent" }), "Offline")
    assert.strictEqual(tagOf(offline, { repeatable: true, outcome: "failed" }), "Unavailable")
  })

  it("tells no call as refused that was done, whatever came after, and keeps how long to wait", () => {
    for (const [error] of table) {
      const done = { isDone: true, outcome: "unknown" } as const
      assert.strictEqual(RemoteFailures.failureOf(error, { ...done, repeatable: false })._tag, "OutcomeUnknown")
      assert.strictEqual(RemoteFailures.failureOf(error, { ...done, repeatable: true })._tag, "Unavailable")
    }
    const retryAfter = Duration.seconds(50)
    const limited = new ApiError.HttpFailure({ status: 429, problem, retryAfter })
    const told = RemoteFailures.failureOf(limited, { isDone: true, outcome: "unknown", repeatable: true })
    assert.deepStrictEqual(told, new Unavailable({ retryAfter }))
  })

  it.effect("maps every error status to the failure a caller acts on", () =>
    Effect.gen(function*() {
      const tags = {
        302: "OutcomeUnknown",
        400: "Rejected",
        403: "Forbidden",
        404: "NotFound",
        409: "Conflict",
        410: "NotFound",
        412: "Conflict",
        418: "Rejected",
        422: "Rejected",
        426: "UpgradeRequired",
        429: "RateLimited",
        500: "Unavailable",
        501: "Unavailable",
        503: "Unavailable",
        504: "OutcomeUnknown",
        524: "OutcomeUnknown"
      }
      for (const [status, tag] of Object.entries(tags)) {
        const outcome = yield* run(() => new Response("<html>", { status: Number(status) }), post)
        assert.strictEqual(failureOf(outcome)?._tag, tag, status)
      }
    }))

  it.effect("names the fields of a problem and tolerates any other", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* issues({ errors: ["title", { pointer: "/topic" }, { secret: "x" }, 7] }), [
        "title",
        "/topic"
      ])
      for (const body of [{}, [], null, "text", { errors: "title" }, { errors: { title: "bad" } }, { status: "x" }]) {
        assert.deepStrictEqual(yield* issues(body), [])
      }
    }))

  it.effect("does not take an answer that cannot be read for one that did nothing", () =>
    Effect.gen(function*() {
      const read = yield* run(() => ScriptedServer.json(200, { secret: "canary" }), getProfile)
      assert.strictEqual(failureOf(read)?._tag, "Unavailable")
      const written = yield* run(() => ScriptedServer.json(200, { secret: "canary" }), post)
      assert.strictEqual(failureOf(written)?._tag, "OutcomeUnknown")
      assert.lengthOf(written.requests, 1)
    }))

  it.effect("gives failures the history of their call, as it was when it failed", () =>
    Effect.gen(function*() {
      const call = yield* Fused.callOf(Fused.get)
      const send: SendCall = () => {
        call.record({ cause: "503", status: 503, startedAt: 0, duration: 5, delayBefore: 0 })
        return new ApiError.Throttled({ by: "rate" })
      }
      const error = yield* Effect.flip(RemoteFailures.judge(send, (each) => each)(HttpClientRequest.get("/"), call))
      call.record({ cause: "200", status: 200, startedAt: 9, duration: 5, delayBefore: 0 })
      assert.isTrue(ApiError.isApiError(error))
      if (ApiError.isApiError(error)) {
        assert.deepStrictEqual(error.attempts, [
          { number: 1, cause: "503", status: 503, startedAt: 0, duration: 5, delayBefore: 0 }
        ])
      }
    }).pipe(Effect.provide(Fused.origins)))
})
