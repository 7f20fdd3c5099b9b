import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Duration } from "effect"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { ApiPolicyOptions } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as PipelineApiClient from "../../../../src/infrastructure/network/api/PipelineApiClient.ts"
import * as PipelineConfig from "../../../../src/infrastructure/network/api/PipelineConfig.ts"
import * as PipelinePlainApiClient from "../../../../src/infrastructure/network/api/PipelinePlainApiClient.ts"
import type { Interceptor } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import { attemptStages, callStages, loopStages } from "../../../../src/infrastructure/network/interceptors/Stage.ts"
import * as Apis from "../Apis.ts"
import * as ScriptedServer from "../ScriptedServer.ts"
import * as ScriptedTokens from "../ScriptedTokens.ts"

const { defaults } = ApiPolicy

const standIns: ReadonlyArray<Interceptor> = [
  ...callStages.map((stage): Interceptor => ({
    stage,
    around: (next) => next,
    ...(stage === "cache" ? { partition: "principal" } : {})
  })),
  ...loopStages.map((stage): Interceptor => ({ stage, around: () => () => Effect.never })),
  ...attemptStages.map((stage): Interceptor => ({ stage, around: (next) => next }))
]

const problems = (
  policy: Partial<ApiPolicyOptions>,
  interceptors: ReadonlyArray<Interceptor> = standIns,
  kind: "signed" | "plain" = "signed"
) =>
  PipelineConfig.check({ ...defaults, ...policy }, { interceptors, kind }).pipe(
    Effect.match({ onFailure: (error) => error.problems, onSuccess: () => [] })
  )

/** What each rule says of a policy that breaks it alone. */
const mistakes: ReadonlyArray<readonly [Partial<ApiPolicyOptions>, string]> = [
  [
    { deadlines: { ...defaults.deadlines, total: "14 seconds" } },
    "deadlines.attempt: is longer"
  ],
  [{ deadlines: { ...defaults.deadlines, connect: "16 seconds" } }, "deadlines.connect: is longer"],
  [{ deadlines: { ...defaults.deadlines, headers: "16 seconds" } }, "deadlines.headers: is longer"],
  [{ deadlines: { ...defaults.deadlines, bodyIdle: "16 seconds" } }, "deadlines.bodyIdle: is longer"],
  [{ deadlines: { ...defaults.deadlines, connect: 0 } }, "deadlines.connect: has to be"],
  [{ deadlines: { ...defaults.deadlines, bodyIdle: Number.NaN } }, "deadlines.bodyIdle: has to be"],
  [{ retry: { ...defaults.retry, maxAttempts: 0 } }, "retry.maxAttempts"],
  [{ retry: { ...defaults.retry, base: "1 minute" } }, "retry.base"],
  [{ retry: { ...defaults.retry, throttledBase: "1 minute" } }, "retry.throttledBase"],
  [{ budget: { ...defaults.budget, capacity: 0 } }, "budget.capacity"],
  [{ hedge: { ...defaults.hedge, share: 1.5 } }, "hedge.share"],
  [{ hedge: { ...defaults.hedge, minimumSamples: 0 } }, "hedge.minimumSamples"],
  [{ bulkhead: { inFlight: 0, queue: 1 } }, "bulkhead.inFlight"],
  [{ bulkhead: { inFlight: 1, queue: -1 } }, "bulkhead.queue"],
  [{ throttle: { ...defaults.throttle, window: "29 seconds" } }, "throttle.window: is shorter than deadlines.total"],
  [{ throttle: { ...defaults.throttle, k: 0.5 } }, "throttle.k"],
  [
    { breaker: { ...defaults.breaker, window: "29 seconds" } },
    "breaker.window: is shorter than twice deadlines.attempt"
  ],
  [{ breaker: { ...defaults.breaker, failureRatio: 0 } }, "breaker.failureRatio"],
  [{ breaker: { ...defaults.breaker, open: "2 minutes" } }, "breaker.open: is longer than breaker.maxOpen"],
  [{ breaker: { ...defaults.breaker, slow: { after: "1 second", ratio: 2 } } }, "breaker.slow.ratio"],
  [{ rateLimit: { queue: 1, local: { limit: 0, window: "1 second" } } }, "rateLimit.local.limit"],
  [{ endpoints: { "GET /v2/nowhere": {} } }, "endpoints: the wire contract has no GET /v2/nowhere"],
  [{ endpoints: { "GET /v2/profile": { total: 0 } } }, "endpoints GET /v2/profile: total"],
  [{ endpoints: { "GET /v2/profile": { total: "31 seconds" } } }, "endpoints GET /v2/profile: total: is longer"],
  [{ endpoints: { "GET /v2/profile": { hedge: 0 } } }, "endpoints GET /v2/profile: hedge"],
  ...([-5, -5n, "-5 days", [0, -5]] as const).map((failOnSunset): [Partial<ApiPolicyOptions>, string] => [
    { versions: { ...defaults.versions, failOnSunset } },
    "versions.failOnSunset: has to be a finite time of at least nothing"
  ]),
  [
    { endpoints: { "GET /v2/profile": { idempotencyKey: "raw" } } },
    "endpoints GET /v2/profile: has an idempotency key"
  ],
  [{ endpoints: { "POST /v2/notes/mutations": { hedge: "1 second" } } }, "POST /v2/notes/mutations\"].hedge: only safe"]
]

describe("PipelineConfig", () => {
  it.effect("finds nothing wrong with the defaults", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* problems({}), [])
      assert.deepStrictEqual(yield* problems({}, standIns.filter(({ stage }) => stage !== "auth"), "plain"), [])
      assert.deepStrictEqual(yield* problems({ endpoints: { "GET /v2/profile": { hedge: "p95" } } }), [])
    }))

  it.effect("finds each mistake", () =>
    Effect.gen(function*() {
      for (const [policy, problem] of mistakes) {
        const found = yield* problems(policy)
        assert.lengthOf(found, 1, `${problem}: ${found.join("; ")}`)
        assert.include(found[0], problem)
      }
    }))

  it.effect("finds stages that are missing, given twice or in the wrong client", () =>
    Effect.gen(function*() {
      const without = (stage: string) => standIns.filter((each) => each.stage !== stage)
      const twice = standIns.filter(({ stage }) => stage === "retry" || stage === "cache" || stage === "auth")
      assert.deepStrictEqual(yield* problems({}, [...standIns, ...twice]), [
        "stages: cache is given twice",
        "stages: retry is given twice",
        "stages: auth is given twice"
      ])
      assert.deepStrictEqual(yield* problems({}, without("auth")), ["stages: auth is missing in a signed client"])
      assert.lengthOf(yield* problems({}, standIns, "plain"), 1)
      assert.lengthOf(
        yield* problems({}, [...without("cache"), { stage: "cache", around: (next) => next }]),
        1
      )
      assert.lengthOf(
        yield* problems({ endpoints: { "GET /v2/profile": { hedge: "p95" } } }, without("hedge")),
        1
      )
    }))

  it.effect("lists all mistakes of a policy and its stages at once, and builds neither client", () =>
    Effect.gen(function*() {
      const broken = {
        deadlines: { ...defaults.deadlines, attempt: "10 minutes", connect: 0 },
        retry: { ...defaults.retry, maxAttempts: 0 },
        throttle: { ...defaults.throttle, window: "1 second" },
        endpoints: { "GET /nowhere": {}, "POST /v2/notes/mutations": { hedge: "1 second" } }
      } as const
      const twice = standIns.filter(({ stage }) => stage === "retry")
      const parts = Layer.mergeAll(
        Apis.parts(ScriptedServer.make(() => new Response()).layer),
        ScriptedTokens.make().layer
      )
      const failure = <A>(
        layer: Layer.Layer<A, PipelineConfig.NetworkConfigError, Layer.Layer.Success<typeof parts>>
      ) =>
        Layer.build(layer).pipe(
          Effect.scoped,
          Effect.flip,
          Effect.provide(Layer.provideMerge(ApiPolicy.layer(broken), parts))
        )
      const expected = [
        "deadlines.connect: has to be a finite time of more than nothing",
        "deadlines.attempt: is longer than deadlines.total",
        "retry.maxAttempts: has to be a whole number of at least 1",
        "throttle.window: is shorter than deadlines.total",
        "breaker.window: is shorter than twice deadlines.attempt",
        "endpoints: the wire contract has no GET /nowhere",
        "POST /v2/notes/mutations\"].hedge",
        "stages: retry is given twice"
      ]
      for (
        const error of [
          yield* failure(PipelineApiClient.layerWith({ interceptors: twice })),
          yield* failure(PipelinePlainApiClient.layerWith({ interceptors: twice }))
        ]
      ) {
        assert.strictEqual(error._tag, "NetworkConfigError")
        for (const problem of expected) assert.include(error.message, problem)
        assert.lengthOf(error.problems, expected.length)
      }
    }))

  it.effect("says of a time that cannot be read that it cannot, and builds no client", () =>
    Effect.gen(function*() {
      // As a file of settings may have it.
      const soon: Duration.DurationInput = JSON.parse("\"soon\"")
      const policies: ReadonlyArray<readonly [Partial<ApiPolicyOptions>, string]> = [
        [{ deadlines: { ...defaults.deadlines, total: soon } }, "deadlines.total"],
        [{ retry: { ...defaults.retry, maxRetryAfter: soon } }, "retry.maxRetryAfter"],
        [{ breaker: { ...defaults.breaker, open: soon } }, "breaker.open"],
        [{ versions: { ...defaults.versions, failOnSunset: soon } }, "versions.failOnSunset"],
        [{ endpoints: { "GET /v2/profile": { total: soon } } }, "endpoints GET /v2/profile: total"]
      ]
      const parts = Layer.mergeAll(
        Apis.parts(ScriptedServer.make(() => new Response()).layer),
        ScriptedTokens.make().layer
      )
      for (const [policy, problem] of policies) {
        const error = yield* Layer.build(Layer.merge(PipelineApiClient.layer, PipelinePlainApiClient.layer)).pipe(
          Effect.scoped,
          Effect.flip,
          Effect.provide(Layer.provideMerge(ApiPolicy.layer(policy), parts))
        )
        assert.strictEqual(error._tag, "NetworkConfigError")
        assert.include(error.message, `${problem}: has to be`)
      }
    }))
})
