/**
 * Whether a pipeline can keep what its policy says. Everything that is wrong is found at once, before anything is sent.
 */
import { Data, Duration, Effect } from "effect"
import * as Hedge from "../interceptors/Hedge.ts"
import type { Interceptor } from "../interceptors/Interceptor.ts"
import type { Stage } from "../interceptors/Stage.ts"
import type { ApiPolicyOptions, EndpointPolicy } from "./ApiPolicy.ts"
import { isEndpoint } from "./UrlTemplate.ts"

/** `problems` name what is wrong and why, in the words of `ApiPolicyOptions`. */
export class NetworkConfigError
  extends Data.TaggedError("NetworkConfigError")<{ readonly problems: ReadonlyArray<string> }>
{
  override get message() {
    return `The pipeline cannot be built: ${this.problems.join("; ")}`
  }
}

/** What a rule wants, and whether it has it. A value that cannot be read is reported by its own rule. */
type Rule = readonly [holds: boolean, problem: string]

const problemsOf = (rules: ReadonlyArray<Rule>): ReadonlyArray<string> =>
  rules.flatMap(([holds, problem]) => holds ? [] : [problem])

/** `NaN` for what is no duration. */
const millis = (input: Duration.DurationInput): number => {
  const duration = Duration.decodeUnknown(input)
  return duration._tag === "Some" ? Duration.toMillis(duration.value) : Number.NaN
}

const positive = (key: string, input: Duration.DurationInput): Rule => [
  millis(input) > 0 && Number.isFinite(millis(input)),
  `${key}: has to be a finite time of more than nothing`
]

/** As it is written: what is decoded is never less than nothing. */
const isNegative = (input: Duration.DurationInput) => /(?:^|,)-/.test(String(input))

const notNegative = (key: string, input: Duration.DurationInput): Rule => [
  Number.isFinite(millis(input)) && !isNegative(input),
  `${key}: has to be a finite time of at least nothing`
]

const count = (key: string, value: number, from: number): Rule => [
  Number.isInteger(value) && value >= from,
  `${key}: has to be a whole number of at least ${from}`
]

const share = (key: string, value: number): Rule => [
  value > 0 && value <= 1,
  `${key}: has to be more than 0 and at most 1`
]

const atMost = (key: string, value: Duration.DurationInput, limit: string, most: Duration.DurationInput): Rule => [
  !(millis(value) > millis(most)),
  `${key}: is longer than ${limit}`
]

const deadlines = ({ deadlines: each }: ApiPolicyOptions): ReadonlyArray<Rule> => [
  ...Object.entries(each).map(([key, value]) => positive(`deadlines.${key}`, value)),
  atMost("deadlines.attempt", each.attempt, "deadlines.total", each.total),
  ...(["connect", "headers", "bodyIdle"] as const).map((key) =>
    atMost(`deadlines.${key}`, each[key], "deadlines.attempt", each.attempt)
  )
]

const repetition = ({ budget, hedge, retry }: ApiPolicyOptions): ReadonlyArray<Rule> => [
  count("retry.maxAttempts", retry.maxAttempts, 1),
  ...(["base", "throttledBase", "cap", "maxRetryAfter"] as const).map((key) => positive(`retry.${key}`, retry[key])),
  atMost("retry.base", retry.base, "retry.cap", retry.cap),
  atMost("retry.throttledBase", retry.throttledBase, "retry.cap", retry.cap),
  [budget.capacity > 0 && Number.isFinite(budget.capacity), "budget.capacity: has to be a number of more than 0"],
  positive("budget.floor", budget.floor),
  positive("hedge.minimumDelay", hedge.minimumDelay),
  positive("hedge.window", hedge.window),
  count("hedge.minimumSamples", hedge.minimumSamples, 1),
  share("hedge.share", hedge.share)
]

const limits = ({ breaker, bulkhead, deadlines: each, rateLimit, throttle }: ApiPolicyOptions): ReadonlyArray<Rule> => [
  count("bulkhead.inFlight", bulkhead.inFlight, 1),
  count("bulkhead.queue", bulkhead.queue, 0),
  [throttle.k >= 1, "throttle.k: has to be at least 1, or requests that the backend accepts are refused"],
  positive("throttle.window", throttle.window),
  count("throttle.minimumRequests", throttle.minimumRequests, 0),
  [
    !(millis(throttle.window) < millis(each.total)),
    "throttle.window: is shorter than deadlines.total, so it forgets requests that are still under way"
  ],
  positive("breaker.window", breaker.window),
  [
    !(millis(breaker.window) < 2 * millis(each.attempt)),
    "breaker.window: is shorter than twice deadlines.attempt, so it cannot see that attempts time out"
  ],
  count("breaker.minimumCalls", breaker.minimumCalls, 1),
  share("breaker.failureRatio", breaker.failureRatio),
  ...(breaker.slow === undefined
    ? []
    : [share("breaker.slow.ratio", breaker.slow.ratio), positive("breaker.slow.after", breaker.slow.after)]),
  positive("breaker.open", breaker.open),
  atMost("breaker.open", breaker.open, "breaker.maxOpen", breaker.maxOpen),
  count("breaker.successesToClose", breaker.successesToClose, 1),
  count("rateLimit.queue", rateLimit.queue, 0),
  ...(rateLimit.local === undefined
    ? []
    : [
      count("rateLimit.local.limit", rateLimit.local.limit, 1),
      positive("rateLimit.local.window", rateLimit.local.window)
    ])
]

const versions = ({ versions: each }: ApiPolicyOptions): ReadonlyArray<Rule> => [
  positive("versions.nearSunset", each.nearSunset),
  positive("versions.remember", each.remember),
  ...(each.failOnSunset === undefined ? [] : [notNegative("versions.failOnSunset", each.failOnSunset)])
]

const endpoint = (
  [key, policy]: readonly [string, EndpointPolicy],
  { deadlines: { total } }: ApiPolicyOptions,
  stages: ReadonlySet<Stage>
): ReadonlyArray<Rule> => [
  [isEndpoint(key), `endpoints: the wire contract has no ${key}`],
  ...(policy.total === undefined
    ? []
    : [
      positive(`endpoints ${key}: total`, policy.total),
      atMost(`endpoints ${key}: total`, policy.total, "deadlines.total", total)
    ]),
  ...(policy.hedge === undefined || policy.hedge === "p95" ? [] : [positive(`endpoints ${key}: hedge`, policy.hedge)]),
  [
    policy.hedge === undefined || stages.has("hedge"),
    `endpoints ${key}: asks for hedging, which the pipeline has no stage for`
  ],
  [
    policy.idempotencyKey === undefined || /^(?:POST|PATCH) /.test(key),
    `endpoints ${key}: has an idempotency key, which is for POST and PATCH`
  ]
]

/** Stages of which one pipeline has one, since each counts or decides for all that comes after it. */
const single = ["deadline", "cache", "idempotency", "bulkhead", "throttle", "retry", "hedge", "auth"] as const

const composition = (
  { interceptors, kind }: { readonly interceptors: ReadonlyArray<Interceptor>; readonly kind: "signed" | "plain" }
): ReadonlyArray<Rule> => {
  const having = (stage: Stage) => interceptors.filter((each) => each.stage === stage)
  return [
    ...single.map((stage): Rule => [having(stage).length <= 1, `stages: ${stage} is given twice`]),
    [
      kind === "signed" || having("auth").length === 0,
      "stages: auth has no place in a plain client, which brings the credentials"
    ],
    [kind === "plain" || having("auth").length > 0, "stages: auth is missing in a signed client"],
    [
      having("auth").length === 0 ||
      having("cache").every((each) => "partition" in each && each.partition === "principal"),
      "stages: cache has to keep what each account sees apart, since requests are signed"
    ]
  ]
}

/** Rules that need no stages. */
export const problemsOfPolicy = (policy: ApiPolicyOptions): ReadonlyArray<string> =>
  problemsOf([...deadlines(policy), ...repetition(policy), ...limits(policy), ...versions(policy)])

/** Fails with every problem there is. */
export const check = (
  policy: ApiPolicyOptions,
  pipeline: { readonly interceptors: ReadonlyArray<Interceptor>; readonly kind: "signed" | "plain" }
): Effect.Effect<void, NetworkConfigError> => {
  const stages = new Set(pipeline.interceptors.map(({ stage }) => stage))
  const problems = [
    ...problemsOfPolicy(policy),
    ...problemsOf(Object.entries(policy.endpoints).flatMap((each) => endpoint(each, policy, stages))),
    ...Hedge.problems(policy),
    ...problemsOf(composition(pipeline))
  ]
  return problems.length === 0 ? Effect.void : Effect.fail(new NetworkConfigError({ problems }))
}
