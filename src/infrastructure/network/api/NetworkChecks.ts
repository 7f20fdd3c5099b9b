/**
 * What `doctor` looks at on the way to the backend. Sends a few requests without credentials and changes nothing.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { Clock, Duration, Effect, Option } from "effect"
import { Check } from "../../../domain/operations/Check.ts"
import type { Probe } from "../../telemetry/diagnostics/CollectedDiagnostics.ts"
import { ApiOrigin } from "./ApiOrigin.ts"
import * as HttpDate from "./HttpDate.ts"
import { discard } from "./transport/Discard.ts"
import { contractResources } from "./version/ContractVersions.ts"
import * as VersionChecks from "./version/VersionChecks.ts"

const timeout = Duration.seconds(3)

/** Versions that are asked for at once. */
const concurrency = 4

/** Tokens and cached answers are judged by time; beyond this they are judged wrongly. */
const tolerableSkew = Duration.minutes(2)

const reachable = (origin: string, answers: boolean) =>
  answers
    ? new Check({ name: "backend", status: "ok", detail: `${origin} answers` })
    : new Check({
      name: "backend",
      status: "failed",
      detail: `${origin} does not answer within ${Duration.format(timeout)}`,
      fix: "Check the network and the address of the backend; everything local keeps working"
    })

const clock = (answer: VersionChecks.Asked, now: number) => {
  const skew = Option.map(HttpDate.parse(answer.headers["date"]), (date) => Duration.millis(Math.abs(now - date)))
  if (Option.isNone(skew)) {
    return new Check({ name: "clock", status: "warning", detail: "The backend does not say what time it is" })
  }
  return Duration.lessThanOrEqualTo(skew.value, tolerableSkew)
    ? new Check({ name: "clock", status: "ok", detail: "This device and the backend agree on the time" })
    : new Check({
      name: "clock",
      status: "warning",
      detail: `This device's clock is off by about ${Math.round(Duration.toMinutes(skew.value))} minutes`,
      fix: "Let the operating system set the time"
    })
}

/** Resources that cannot be read without an id or credentials to write are not asked for. */
const unasked = () => {
  const names = contractResources.filter(({ versions }) => versions.every(({ readable }) => readable === undefined))
    .map(({ name, versions }) => `${name} ${versions.map((version) => version.name).join(", ")}`)
  return new Check({ name: "api versions not asked for", status: "ok", detail: names.join("; ") })
}

/**
 * The backend, the clock against its `Date`, and by resource the versions in use and when they end; these only when the
 * backend answers.
 */
export const backend: Effect.Effect<Probe, never, HttpClient.HttpClient | ApiOrigin> = Effect.gen(function*() {
  const transport = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, () => true)
  const { url } = yield* ApiOrigin

  const ask = (path: string) =>
    transport.get(`${url}${path}`).pipe(Effect.tap(discard), Effect.timeout(timeout), Effect.option)

  const resources = Effect.forEach(
    contractResources,
    ({ name, versions }) =>
      Effect.forEach(versions, ({ name: version, readable }) =>
        readable === undefined
          ? Effect.succeed([])
          : Effect.map(
            ask(readable),
            (answer) =>
              Option.toArray(answer).map(({ headers, status }) => ({ version, url: url + readable, headers, status }))
          ), {
        concurrency
      }).pipe(Effect.map((asked) => ({ name, asked: asked.flat() }))),
    { concurrency }
  )

  const check = Effect.map(Effect.zip(resources, Clock.currentTimeMillis), ([found, now]) => {
    const [answer] = found.flatMap(({ asked }) => asked)
    if (answer === undefined) return [reachable(url, false)]
    return [
      reachable(url, true),
      clock(answer, now),
      ...found.filter(({ asked }) => asked.length > 0).map(({ asked, name }) =>
        VersionChecks.resource(name, asked, now)
      ),
      unasked()
    ]
  })
  return { name: "backend", check }
})
