/**
 * `Retry-After` (RFC 9110, section 10.2.3): a number of seconds, or a date.
 */
import { Clock, Duration, Effect, Option } from "effect"
import * as HttpDate from "../HttpDate.ts"

/** How long the answer asks to wait; what is past, zero or not understood is `none`. */
export const parse = (value: string | undefined, now: number): Option.Option<Duration.Duration> => {
  const text = value?.trim() ?? ""
  const wait = /^\d{1,10}$/.test(text)
    ? Option.some(Number(text) * 1000)
    : Option.map(HttpDate.parse(text), (millis) => millis - now)
  return wait.pipe(Option.filter((millis) => millis > 0), Option.map(Duration.millis))
}

/** The same in milliseconds. */
export const millis = (value: string | undefined, now: number): number | undefined =>
  Option.getOrUndefined(Option.map(parse(value, now), Duration.toMillis))

export const fromHeaders = (headers: Readonly<Record<string, string>>) =>
  Effect.map(Clock.currentTimeMillis, (now) => parse(headers["retry-after"], now))
