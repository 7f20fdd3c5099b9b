/**
 * What `doctor` looks at on the way to the backend. Sends one request without credentials and changes nothing.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Clock, Duration, Effect, Option } from "effect"
import { Check } from "../../../domain/operations/Check.ts"
import type { Probe } from "../../telemetry/diagnostics/CollectedDiagnostics.ts"
import { parseHttpDate } from "../interceptors/RetryAfter.ts"
import { ApiOrigin } from "./ApiOrigin.ts"
import { currentApiVersion } from "./contract/ApiVersion.ts"

const timeout = Duration.seconds(3)

/** Tokens and cached answers are judged by time; beyond this they are judged wrongly. */
const tolerableSkew = Duration.minutes(2)

const reachable = (origin: string, answer: Option.Option<HttpClientResponse>) =>
  Option.isSome(answer)
    ? new Check({ name: "backend", status: "ok", detail: `${origin} answers` })
    : new Check({
      name: "backend",
      status: "failed",
      detail: `${origin} does not answer within ${Duration.format(timeout)}`,
      fix: "Check the network and the address of the backend; everything local keeps working"
    })

const clock = (answer: HttpClientResponse, now: number) => {
  const skew = Option.map(parseHttpDate(answer.headers["date"] ?? ""), (date) => Duration.millis(Math.abs(now - date)))
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

const version = ({ headers, status }: HttpClientResponse) => {
  if (status === 404 || status === 410 || status === 426) {
    return new Check({
      name: "api version",
      status: "failed",
      detail: `The backend does not serve version ${currentApiVersion}`,
      fix: "Update this application"
    })
  }
  return headers["deprecation"] === undefined
    ? new Check({ name: "api version", status: "ok", detail: `Version ${currentApiVersion} is current` })
    : new Check({
      name: "api version",
      status: "warning",
      detail: `Version ${currentApiVersion} is deprecated${
        headers["sunset"] === undefined ? "" : `, served until ${headers["sunset"].slice(0, 40)}`
      }`,
      fix: "Update this application"
    })
}

/** The backend, the clock against its `Date`, and the API version; the last two only when the backend answers. */
export const backend: Effect.Effect<Probe, never, HttpClient.HttpClient | ApiOrigin> = Effect.gen(function*() {
  const transport = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, () => true)
  const { url } = yield* ApiOrigin
  const check = transport.get(`${url}/${currentApiVersion}/profile`).pipe(
    Effect.timeout(timeout),
    Effect.option,
    Effect.zip(Clock.currentTimeMillis),
    Effect.map(([answer, now]) =>
      Option.isNone(answer)
        ? [reachable(url, answer)]
        : [reachable(url, answer), clock(answer.value, now), version(answer.value)]
    )
  )
  return { name: "backend", check }
})
