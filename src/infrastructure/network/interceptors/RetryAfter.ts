/**
 * `Retry-After` (RFC 9110, section 10.2.3): a number of seconds, or a date in one of HTTP's three forms.
 */
import { Clock, Duration, Effect, Option } from "effect"

const date =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT)$/
const asctime = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/** When an HTTP date is, in milliseconds since the epoch; anything else is `none`. */
export const parseHttpDate = (value: string): Option.Option<number> => {
  const millis = date.test(value) ? Date.parse(value) : asctime.test(value) ? Date.parse(`${value} GMT`) : Number.NaN
  return Number.isNaN(millis) ? Option.none() : Option.some(millis)
}

/** How long the answer asks to wait; what is past, zero or not understood is `none`. */
export const parse = (value: string | undefined, now: number): Option.Option<Duration.Duration> => {
  const text = value?.trim() ?? ""
  const wait = /^\d{1,10}$/.test(text)
    ? Option.some(Number(text) * 1000)
    : Option.map(parseHttpDate(text), (millis) => millis - now)
  return wait.pipe(Option.filter((millis) => millis > 0), Option.map(Duration.millis))
}

export const fromHeaders = (headers: Readonly<Record<string, string>>) =>
  Effect.map(Clock.currentTimeMillis, (now) => parse(headers["retry-after"], now))
