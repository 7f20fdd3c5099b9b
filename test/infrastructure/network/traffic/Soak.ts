/**
 * Mixed traffic over the whole pipeline, sockets and a proxy that damages some of them; then a look at what is left.
 */
import { assert } from "@effect/vitest"
import {
  Clock,
  Context,
  Effect,
  Exit,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  Runtime,
  Schedule,
  Scope
} from "effect"
import { getEventListeners } from "node:events"
import { UserId } from "../../../../src/domain/auth/User.ts"
import { AccessTokens } from "../../../../src/infrastructure/network/api/AccessTokens.ts"
import { ApiClient } from "../../../../src/infrastructure/network/api/ApiClient.ts"
import { ApiOrigin } from "../../../../src/infrastructure/network/api/ApiOrigin.ts"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as LearntConnectivity from "../../../../src/infrastructure/network/api/LearntConnectivity.ts"
import * as OriginStates from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as PipelineApiClient from "../../../../src/infrastructure/network/api/PipelineApiClient.ts"
import * as UndiciTransport from "../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as VersionNotices from "../../../../src/infrastructure/network/api/version/VersionNotices.ts"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as FaultyWay from "./FaultyWay.ts"
import * as Leftovers from "./Leftovers.ts"
import * as Traffic from "./Traffic.ts"
import * as TrafficServer from "./TrafficServer.ts"

/** Shorter than usual, so that connections that went dead are noticed often. */
const deadlines = {
  total: "12 seconds",
  attempt: "5 seconds",
  connect: "1 second",
  headers: "2500 millis",
  bodyIdle: "2500 millis"
} as const

/** Replaced with a delay, once per generation. */
const tokens = (server: TrafficServer.TrafficServer) => {
  let generation = 1
  let replaced = 0
  const gate = Effect.unsafeMakeSemaphore(1)
  const principal = UserId.make("ada")
  return {
    replaced: () => replaced,
    layer: Layer.succeed(AccessTokens, {
      credentials: () =>
        Effect.sync(() => ({
          principal,
          generation,
          headers: { authorization: Redacted.make(`Bearer ${generation}`) }
        })),
      rejected: (used) =>
        gate.withPermits(1)(Effect.suspend(() => {
          if (used < generation) return Effect.void
          return Effect.delay(
            Effect.sync(() => {
              replaced++
              generation = server.generation
            }),
            "20 millis"
          )
        })),
      principal: Effect.succeed(Option.some(principal))
    })
  }
}

const api = (url: string, credentials: Layer.Layer<AccessTokens>) =>
  PipelineApiClient.layer.pipe(
    Layer.provide([OriginStates.layer, VersionNotices.layer]),
    Layer.provide(LearntConnectivity.layer),
    Layer.provide([
      UndiciTransport.layer(),
      ApiPolicy.layer({ deadlines }),
      MemoryCache.layer,
      Layer.succeed(ApiOrigin, { url }),
      credentials
    ])
  )

const patiently = Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(100))

/** Asks until it holds, for ten seconds. */
const eventually = <A>(look: Effect.Effect<A>, holds: (value: A) => boolean) =>
  Effect.repeat(look, { schedule: patiently, until: holds }).pipe(Effect.zipRight(look))

const warnings = Effect.acquireRelease(
  Effect.sync(() => {
    const seen: Array<string> = []
    const listen = (warning: Error) => void seen.push(`${warning.name}: ${warning.message}`)
    process.on("warning", listen)
    return { seen, listen }
  }),
  ({ listen }) => Effect.sync(() => process.off("warning", listen))
)

export interface Figures extends Traffic.Tally {
  readonly requests: number
  readonly repeated: number
  readonly tokensReplaced: number
  readonly faults: Readonly<Record<string, number>>
  /** On both sides of the proxy, after the client's scope. */
  readonly socketsAfter: number
  readonly samples: ReadonlyArray<Leftovers.Sample>
  readonly warnings: ReadonlyArray<string>
}

const under = (seconds: number, workers: number) =>
  Effect.gen(function*() {
    const server = yield* TrafficServer.listen
    const way = yield* FaultyWay.make(server.port)
    const { seen } = yield* warnings
    const credentials = tokens(server)
    const scope = yield* Scope.make()
    const { http } = yield* Effect.map(
      Layer.buildWithScope(api(way.url, credentials.layer), scope),
      Context.get(ApiClient)
    )
    const counts = Traffic.tally()
    const samples: Array<Leftovers.Sample> = []
    const start = yield* Clock.currentTimeMillis
    const sampling = Effect.map(
      Clock.currentTimeMillis,
      (now) => void samples.push(Leftovers.sample((now - start) / 1000))
    ).pipe(Effect.repeat(Schedule.spaced("5 seconds")))
    yield* Traffic.run({ http, server, counts, millis: seconds * 1000, workers }).pipe(
      Effect.raceFirst(sampling),
      Effect.timeoutFail({
        duration: `${seconds + 60} seconds`,
        onTimeout: () => new Error("a call did not end")
      })
    )
    yield* Scope.close(scope, Exit.void)
    const sockets = Effect.zipWith(way.open, Effect.promise(() => server.connections()), (a, b) => a + b)
    const socketsAfter = yield* eventually(sockets, (count) => count === 0)
    const figures: Figures = {
      ...counts,
      requests: server.requests,
      repeated: server.repeated,
      tokensReplaced: credentials.replaced(),
      faults: yield* way.seen,
      socketsAfter,
      samples,
      warnings: seen
    }
    return figures
  })

/** Runs for so many seconds, and fails when anything is left behind or a call ended in another way than it may. */
export const run = (seconds: number, workers = 16) =>
  Effect.gen(function*() {
    const before = yield* Leftovers.held
    const figures = yield* Logger.withMinimumLogLevel(Effect.scoped(under(seconds, workers)), LogLevel.None)
    const left = yield* eventually(
      Effect.map(Leftovers.held, Leftovers.more(before)),
      (more) => Object.keys(more).length === 0
    )
    assert.deepStrictEqual(figures.wrong, [])
    assert.strictEqual(figures.socketsAfter, 0)
    assert.deepStrictEqual(figures.warnings, [])
    assert.deepStrictEqual(left, {})
    return figures
  })

/** So many calls, eight at a time, each run under the same long-lived signal, as a user interface runs them. */
export const underOneSignal = (calls: number) =>
  Effect.scoped(Effect.gen(function*() {
    const server = yield* TrafficServer.listen
    const { seen } = yield* warnings
    const { http } = Context.get(
      yield* Layer.build(api(`http://127.0.0.1:${server.port}`, tokens(server).layer)),
      ApiClient
    )
    const runtime = yield* Effect.runtime()
    const { signal } = new AbortController()
    let left = calls
    const call = Effect.flatMap(http.get("/small"), ({ json }) => json)
    const caller = (): Promise<unknown> =>
      left-- > 0 ? Runtime.runPromise(runtime, call, { signal }).then(caller) : Promise.resolve()
    yield* Effect.tryPromise(() => Promise.all(Array.from({ length: 8 }, caller)))
    return { warnings: seen, listeners: getEventListeners(signal, "abort").length }
  })).pipe(Logger.withMinimumLogLevel(LogLevel.None))
