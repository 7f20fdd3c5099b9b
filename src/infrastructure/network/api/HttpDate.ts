/**
 * The dates of HTTP's fields (RFC 9110, section 5.6.7): read in all three forms, written in the first.
 */
import { DateTime, Option } from "effect"

const named =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT)$/
const asctime = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/** In milliseconds since the epoch; what is absent, or no such date, is `none`. */
export const parse = (value: string | undefined): Option.Option<number> => {
  if (value === undefined) return Option.none()
  const millis = named.test(value) ? Date.parse(value) : asctime.test(value) ? Date.parse(`${value} GMT`) : Number.NaN
  return Number.isNaN(millis) ? Option.none() : Option.some(millis)
}

/** Of milliseconds since the epoch; what is less than a second is left out. */
export const format = (millis: number): string => DateTime.toDateUtc(DateTime.unsafeMake(millis)).toUTCString()
