/**
 * What answers say about the end of the versions that gave them: told, remembered per endpoint, and obeyed where the policy
 * wants a call to fail.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { DateTime, Duration, Effect } from "effect"
import type { Call } from "../../interceptors/Call.ts"
import type { Answer } from "../../interceptors/Interceptor.ts"
import { VersionRetired } from "../ApiError.ts"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { answered } from "../origin/OriginState.ts"
import { discard } from "../transport/Discard.ts"
import * as Lifecycle from "./Lifecycle.ts"
import { VersionNotice } from "./VersionNotice.ts"
import type { Urgency } from "./VersionNotice.ts"
import type { VersionNotices } from "./VersionNotices.ts"

/** What a version is one of: what the wire contract does not have is named by the caller's resource. */
const subjectOf = ({ options, template }: Call) => template ?? options.versions?.resource

const endpoint = (call: Call, version: string) => `${version} ${subjectOf(call)}`

/** When the version of what is called ends, in milliseconds since the epoch; infinite: some day. */
export const sunsetOf = (call: Call, version: string): number | undefined =>
  call.origin.versions.sunset(endpoint(call, version))

export const hasEnded = (call: Call, version: string): boolean =>
  (sunsetOf(call, version) ?? Number.POSITIVE_INFINITY) <= call.date()

export const retire = (response: HttpClientResponse, version: string): Answer =>
  Effect.zipRight(discard(response), new VersionRetired({ version }))

/** Nothing was said of the end of any version, and this answer does not speak of one. */
export const isQuiet = ({ headers, status }: HttpClientResponse, call: Call): boolean =>
  !Lifecycle.isAnnounced(headers) && status !== 404 && status !== 410 && !call.origin.versions.hasAnnounced

export const make = ({ versions: policy }: ApiPolicyOptions, notices: typeof VersionNotices.Service) => {
  const near = Duration.toMillis(policy.nearSunset)
  const failBefore = policy.failOnSunset === undefined ? undefined : Duration.toMillis(policy.failOnSunset)

  const urgencyOf = ({ deprecation, sunset }: Lifecycle.Lifecycle, now: number): Urgency => {
    if (sunset === undefined) return deprecation === undefined ? "malformed" : "deprecated"
    return sunset <= now ? "ended" : sunset - now < near ? "ending" : "deprecated"
  }

  const tell = (response: HttpClientResponse, call: Call, version: string): Answer => {
    const lifecycle = Lifecycle.parse(response.headers, response.request.url)
    const { deprecation, links, malformed, sunset } = lifecycle
    const now = call.date()
    if (deprecation !== undefined || sunset !== undefined) {
      call.origin.versions.announce(endpoint(call, version), sunset ?? Number.POSITIVE_INFINITY)
    }
    const told = notices.tell(
      new VersionNotice({
        urgency: urgencyOf(lifecycle, now),
        method: call.method,
        template: subjectOf(call),
        version,
        deprecation: deprecation === undefined ? undefined : DateTime.unsafeMake(deprecation),
        sunset: sunset === undefined ? undefined : DateTime.unsafeMake(sunset),
        links,
        malformed
      })
    )
    return failBefore === undefined || sunset === undefined || sunset - now > failBefore
      ? Effect.as(told, response)
      : Effect.zipRight(told, retire(response, version))
  }

  /** Reads what the answer says, and hands it on. */
  return (response: HttpClientResponse, call: Call, version: string): Answer => {
    if (!policy.lifecycle || !answered(call.origin, response)) return Effect.succeed(response)
    if (Lifecycle.isAnnounced(response.headers)) return tell(response, call, version)
    // What was announced is taken back.
    if (response.status < 400 && call.origin.versions.hasAnnounced) {
      call.origin.versions.withdraw(endpoint(call, version))
    }
    return Effect.succeed(response)
  }
}

export type Listen = ReturnType<typeof make>
