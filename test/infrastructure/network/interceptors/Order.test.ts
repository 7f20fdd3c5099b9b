import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Layer, Logger, LogLevel } from "effect"
import { AccessTokens } from "../../../../src/infrastructure/network/api/AccessTokens.ts"
import { defaults } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { EndpointPolicy } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as Pipeline from "../../../../src/infrastructure/network/api/Pipeline.ts"
import * as Hedge from "../../../../src/infrastructure/network/interceptors/Hedge.ts"
import type { Interceptor, SendCall } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import { attemptStages, callStages, loopStages } from "../../../../src/infrastructure/network/interceptors/Stage.ts"
import type { Stage } from "../../../../src/infrastructure/network/interceptors/Stage.ts"
import * as Apis from "../Apis.ts"
import { EventClock } from "../EventClock.ts"
import * as Fused from "../Fused.ts"
import * as ScriptedServer from "../ScriptedServer.ts"
import * as ScriptedTokens from "../ScriptedTokens.ts"

/** Interceptors by the name of their stage; there are two of the last. */
type Place = Stage | "probe"

const stageOf = (place: Place): Stage => place === "probe" ? "wire" : place

/** The table of the specification, written down once more. An endpoint is retried or hedged. */
const tableOf = (loop: "retry" | "hedge"): ReadonlyArray<Place> => [
  "observe",
  "version",
  "deadline",
  "cache",
  "offline",
  "idempotency",
  "bulkhead",
  "throttle",
  loop,
  "rateLimit",
  "auth",
  "redirect",
  "breaker",
  "attemptDeadline",
  "probe",
  "wire"
]

type Status = 200 | 302 | 401 | 503

/** What happens, stage by stage, to a call through `places` that is answered `statuses` and 200 from then on. */
const expected = (table: ReadonlyArray<Place>, places: ReadonlySet<Place>, statuses: ReadonlyArray<Status>) => {
  const log: Array<string> = []
  let sends = 0
  const enter = (from: Place, to: Place) => {
    const reached = table.slice(table.indexOf(from), table.indexOf(to) + 1)
    log.push(...reached.filter((place) => places.has(place)).map(stageOf))
  }
  const send = () => {
    const status = statuses[sends++] ?? 200
    log.push(`sent: ${status}`)
    return status
  }
  const onWire = () => {
    enter("breaker", "wire")
    return send()
  }
  const redirected = () => {
    enter("redirect", "redirect")
    let status = onWire()
    for (let followed = 0; status === 302 && places.has("redirect") && followed < 5; followed++) status = onWire()
    return status
  }
  const attempt = () => {
    enter("rateLimit", "auth")
    const status = redirected()
    return status === 401 && places.has("auth") ? redirected() : status
  }
  enter("observe", table.includes("hedge") ? "hedge" : "retry")
  let status = attempt()
  for (let retries = 0; status === 503 && places.has("retry") && retries < 3; retries++) status = attempt()
  if (status === 503 && places.has("hedge")) {
    const second = attempt()
    if (second !== 503) status = second
  }
  return { log, status }
}

/** The stage itself, which says when a request comes to it. */
const telling = (each: Interceptor, log: Array<string>): Interceptor => {
  const tell = <A extends ReadonlyArray<unknown>, B>(send: (...args: A) => B) => (...args: A) => {
    log.push(each.stage)
    return send(...args)
  }
  switch (each.stage) {
    case "retry":
    case "hedge":
      return { stage: each.stage, around: (next) => tell(each.around(next)) }
    case "rateLimit":
    case "auth":
    case "redirect":
    case "breaker":
    case "attemptDeadline":
    case "wire":
      return { stage: each.stage, around: (next) => tell(each.around(next)) }
    default:
      return { ...each, around: (next: SendCall) => tell(each.around(next)) }
  }
}

/** Does nothing but say that a request came. */
const standIn = (stage: Stage, log: Array<string>): Interceptor =>
  telling(
    stage === "retry" || stage === "hedge"
      ? { stage, around: () => () => Effect.die("has no stand-in") }
      : { stage, around: <Send>(next: Send) => next },
    log
  )

/** Every call may be hedged, not one of twenty. */
const hedge = Hedge.make("signed", { ...defaults, hedge: { ...defaults.hedge, share: 1 } })

/** The real one of the place. */
const realOf = (place: Place, all: ReadonlyArray<Interceptor>) => {
  const [first, second] = all.filter(({ stage }) => stage === stageOf(place))
  return place === "hedge" ? hedge : place === "wire" ? second : first
}

const run = (all: ReadonlyArray<Interceptor>, statuses: ReadonlyArray<Status>, log: Array<string>) => {
  const { send } = Fused.make(all, ({ number }) => {
    const status = statuses[number - 1] ?? 200
    log.push(`sent: ${status}`)
    return { status, headers: { location: `/redirected/${number}`, "cache-control": "no-store" } }
  })
  const endpoint: EndpointPolicy = all.some(({ stage }) => stage === "hedge") ? { hedge: "1 hour" } : {}
  return Effect.map(send(undefined, { endpoint }), ({ status }) => ({ log, status }))
}

/** Places of the table, shuffled, each with whether the real stage stands there. */
const subset = FastCheck.constantFrom(...loopStages).map(tableOf).chain((table) =>
  FastCheck.shuffledSubarray([...table]).chain((places) =>
    FastCheck.record({
      table: FastCheck.constant(table),
      places: FastCheck.constant(places),
      real: FastCheck.array(FastCheck.boolean(), { minLength: places.length, maxLength: places.length }),
      statuses: FastCheck.array(FastCheck.constantFrom<Status>(302, 401, 503), { maxLength: 7 })
    })
  )
)

/** Only the real ones send anything again. */
const active = new Set<Place>(["retry", "hedge", "auth", "redirect"])

const parts = Layer.merge(Apis.parts(ScriptedServer.make(() => new Response()).layer), Fused.origins)

describe("the order of stages", () => {
  it("is that of the specification", () => {
    for (const loop of loopStages) {
      assert.deepStrictEqual([...callStages, loop, ...attemptStages], [...new Set(tableOf(loop).map(stageOf))])
    }
  })

  it.live(
    "is the same for any subset of the stages, however they are given, in calls that are sent again",
    () =>
      Effect.gen(function*() {
        const seen = { resent: 0, hedged: 0, probes: 0 }
        for (const { places, real, statuses, table } of FastCheck.sample(subset, { numRuns: 400, seed: 20_261_122 })) {
          const outcome = yield* Effect.gen(function*() {
            const log: Array<string> = []
            const all = yield* Effect.flatMap(AccessTokens, Pipeline.signedStages)
            const given = places.map((place, index) => {
              const found = real[index] === true || active.has(place) ? realOf(place, all) : undefined
              if (found === undefined) return standIn(stageOf(place), log)
              if (place === "probe") seen.probes++
              return telling(found, log)
            })
            return yield* run(given, statuses, log)
          }).pipe(
            Effect.scoped,
            Effect.provide(Layer.merge(parts, ScriptedTokens.make().layer)),
            Effect.withClock(new EventClock()),
            Logger.withMinimumLogLevel(LogLevel.None)
          )
          const wanted = expected(table, new Set(places), statuses)
          assert.deepStrictEqual(outcome, wanted, `${places.join()} ${statuses.join()}`)
          const sent = outcome.log.filter((line) => line.startsWith("sent"))
          seen.resent += sent.length - 1
          if (places.includes("hedge") && sent.slice(0, -1).includes("sent: 503")) seen.hedged++
        }
        assert.isAbove(seen.resent, 200)
        assert.isAbove(seen.hedged, 20)
        assert.isAbove(seen.probes, 40)
      }),
    120_000
  )
})
