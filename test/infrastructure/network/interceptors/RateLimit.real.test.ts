/**
 * Pacing against a server and headers that nobody here wrote: express with express-rate-limit, in real time.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import express from "express"
import { rateLimit } from "express-rate-limit"
import type { Options } from "express-rate-limit"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { defaults } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { ApiPolicyOptions } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as OriginState from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as Pipeline from "../../../../src/infrastructure/network/api/Pipeline.ts"
import { Transport } from "../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as AdaptiveThrottle from "../../../../src/infrastructure/network/interceptors/AdaptiveThrottle.ts"
import * as AttemptDeadline from "../../../../src/infrastructure/network/interceptors/AttemptDeadline.ts"
import * as Bulkhead from "../../../../src/infrastructure/network/interceptors/Bulkhead.ts"
import * as CircuitBreaker from "../../../../src/infrastructure/network/interceptors/CircuitBreaker.ts"
import * as RateLimit from "../../../../src/infrastructure/network/interceptors/RateLimit.ts"
import * as Retry from "../../../../src/infrastructure/network/interceptors/Retry.ts"
import * as CallFixture from "./CallFixture.ts"

const calls = 200

/** Ten requests per second, and a count of all that came. */
const limited = (options: Partial<Options>) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly counts: { requests: number; refused: number }; stop: () => void }>(
      (resume) => {
        const counts = { requests: 0, refused: 0 }
        const application = express()
        application.use((_request, response, next) => {
          counts.requests++
          response.on("finish", () => {
            if (response.statusCode === 429) counts.refused++
          })
          next()
        })
        application.use(rateLimit({ windowMs: 1000, limit: 10, validate: false, ...options }))
        application.use((_request, response) => response.end("ok"))
        const server = createServer(application)
        server.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed({
            url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            counts,
            stop: () => {
              server.closeAllConnections()
              server.close()
            }
          })))
      }
    ),
    ({ stop }) => Effect.sync(stop)
  )

const policy: ApiPolicyOptions = { ...defaults, deadlines: { ...defaults.deadlines, total: "3 minutes" } }

/** All at once, through the stages that a call to a limited backend meets. */
const send = (url: string) =>
  Effect.gen(function*() {
    const transport = Context.get(yield* Layer.build(UndiciTransport.layer()), Transport)
    const origin = OriginState.make(url, policy)
    const through = Pipeline.fuse([
      Bulkhead.make("signed"),
      AdaptiveThrottle.make(),
      Retry.make(policy),
      RateLimit.make("signed"),
      CircuitBreaker.make("signed", policy),
      AttemptDeadline.make(policy)
    ], transport)
    const statuses = yield* Effect.forEach(Array.from({ length: calls }), (_, index) => {
      const request = HttpClientRequest.get(`${url}/${index}`)
      return CallFixture.make(request, origin, { total: 180_000 }).pipe(
        Effect.flatMap((call) => through(request, call)),
        Effect.map(({ status }) => status)
      )
    }, { concurrency: "unbounded" })
    assert.deepStrictEqual(statuses, Array.from({ length: calls }, () => 200))
  })

describe("RateLimit, against express-rate-limit", () => {
  const forms: ReadonlyArray<[string, Partial<Options>]> = [
    ["draft 6", { standardHeaders: "draft-6", legacyHeaders: false }],
    ["draft 7", { standardHeaders: "draft-7", legacyHeaders: false }],
    ["draft 8", { standardHeaders: "draft-8", legacyHeaders: false }],
    ["X-RateLimit", { standardHeaders: false, legacyHeaders: true }]
  ]
  for (const [name, options] of forms) {
    it.scopedLive(
      `brings 200 calls through ten per second with ${name}: none fails, at most a tenth goes out twice`,
      () =>
        Effect.gen(function*() {
          const { counts, url } = yield* limited(options)
          yield* send(url)
          assert.isAtMost(counts.requests, 1.1 * calls)
        }),
      { concurrent: true }
    )
  }
})
