import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Layer, Logger, LogLevel } from "effect"
import { AccessTokens } from "../../../../src/infrastructure/network/api/AccessTokens.ts"
import * as Pipeline from "../../../../src/infrastructure/network/api/Pipeline.ts"
import type { Interceptor, SendCall } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import { attemptStages, callStages } from "../../../../src/infrastructure/network/interceptors/Stage.ts"
import type { Stage } from "../../../../src/infrastructure/network/interceptors/Stage.ts"
import * as Apis from "../Apis.ts"
import { EventClock } from "../EventClock.ts"
import * as Fused from "../Fused.ts"
import * as ScriptedServer from "../ScriptedServer.ts"
import * as ScriptedTokens from "../ScriptedTokens.ts"

/** The table of the specification, written down once more. */
const table: ReadonlyArray<Stage> = [
  "observe",
  "version",
  "deadline",
  "cache",
  "offline",
  "idempotency",
  "bulkhead",
  "throttle",
  "retry",
  "rateLimit",
  "auth",
  "redirect",
  "breaker",
  "attemptDeadline",
  "wire"
]

type Status = 200 | 302 | 401 | 503

/** What happens, stage by stage, to a call through `stages` that is answered `statuses` and 200 from then on. */
const expected = (stages: ReadonlySet<Stage>, statuses: ReadonlyArray<Status>) => {
  const log: Array<string> = []
  let sends = 0
  const enter = (from: Stage, to: Stage) =>
    log.push(...table.slice(table.indexOf(from), table.indexOf(to) + 1).filter((stage) => stages.has(stage)))
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
    for (let followed = 0; status === 302 && stages.has("redirect") && followed < 5; followed++) status = onWire()
    return status
  }
  const attempt = () => {
    enter("rateLimit", "auth")
    const status = redirected()
    return status === 401 && stages.has("auth") ? redirected() : status
  }
  enter("observe", "retry")
  let status = attempt()
  for (let retries = 0; status === 503 && stages.has("retry") && retries < 3; retries++) status = attempt()
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

const run = (all: ReadonlyArray<Interceptor>, statuses: ReadonlyArray<Status>, log: Array<string>) => {
  const { send } = Fused.make(all, ({ number }) => {
    const status = statuses[number - 1] ?? 200
    log.push(`sent: ${status}`)
    return { status, headers: { location: `/redirected/${number}`, "cache-control": "no-store" } }
  })
  return Effect.map(send(), ({ status }) => ({ log, status }))
}

/** Places of the table, shuffled, each with whether the real stage stands there. */
const subset = FastCheck.shuffledSubarray([...table]).chain((stages) =>
  FastCheck.record({
    stages: FastCheck.constant(stages),
    real: FastCheck.array(FastCheck.boolean(), { minLength: stages.length, maxLength: stages.length }),
    statuses: FastCheck.array(FastCheck.constantFrom<Status>(302, 401, 503), { maxLength: 7 })
  })
)

/** Only the real ones send anything again. */
const active = new Set<Stage>(["retry", "auth", "redirect"])

const parts = Layer.merge(Apis.parts(ScriptedServer.make(() => new Response()).layer), Fused.origins)

describe("the order of stages", () => {
  it("is that of the specification", () => {
    assert.deepStrictEqual([...callStages, "retry", ...attemptStages], [...table])
  })

  it.live(
    "is the same for any subset of the stages, however they are given, in calls that are sent again",
    () =>
      Effect.gen(function*() {
        let resent = 0
        for (const { real, stages, statuses } of FastCheck.sample(subset, { numRuns: 400, seed: 20_261_122 })) {
          const outcome = yield* Effect.gen(function*() {
            const log: Array<string> = []
            const all = yield* Effect.flatMap(AccessTokens, Pipeline.signedStages)
            const given = stages.map((stage, index) => {
              const found = all.findLast((each) => each.stage === stage)
              return found !== undefined && (real[index] === true || active.has(stage))
                ? telling(found, log)
                : standIn(stage, log)
            })
            return yield* run(given, statuses, log)
          }).pipe(
            Effect.scoped,
            Effect.provide(Layer.merge(parts, ScriptedTokens.make().layer)),
            Effect.withClock(new EventClock()),
            Logger.withMinimumLogLevel(LogLevel.None)
          )
          assert.deepStrictEqual(outcome, expected(new Set(stages), statuses), `${stages.join()} ${statuses.join()}`)
          resent += outcome.log.filter((line) => line.startsWith("sent")).length - 1
        }
        assert.isAbove(resent, 200)
      }),
    120_000
  )
})
