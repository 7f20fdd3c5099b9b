/**
 * The end of version 1 of the profile, as every answer of it announces.
 */
import { DateTime } from "effect"
import { currentApiVersion, deprecatedApiVersion } from "../../infrastructure/network/api/contract/ApiVersion.ts"

const deprecated = DateTime.unsafeMake("2026-01-01T00:00:00Z")

/** From here on it is 410. */
export const sunset = DateTime.unsafeMake("2027-12-31T23:59:59Z")

const resource = "/profile"

export const concerns = (path: string): boolean => path === `/${deprecatedApiVersion}${resource}`

/** RFC 9745 (a structured-field date), RFC 8594 and RFC 8288. */
export const headers = {
  deprecation: `@${deprecated.epochMillis / 1000}`,
  sunset: DateTime.toDateUtc(sunset).toUTCString(),
  link: `</${currentApiVersion}${resource}>; rel="successor-version"`
}
