/**
 * Asks for the version that is served where the call names versions (`CallOptions.versioned`), and hears of the end of any
 * version that answers. Any other call is sent as it is.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect } from "effect"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import * as ApiVersions from "../api/version/ApiVersions.ts"
import type { VersionNotices } from "../api/version/VersionNotices.ts"
import type { Call } from "./Call.ts"
import type { CallInterceptor } from "./Interceptor.ts"
import * as VersionLifecycle from "./VersionLifecycle.ts"
import * as VersionNegotiation from "./VersionNegotiation.ts"

/** The version in the path of the wire contract. */
const versionOf = (template: string | undefined) => /^\/(v\d+)\//.exec(template ?? "")?.[1]

export const make = (policy: ApiPolicyOptions, notices: typeof VersionNotices.Service): CallInterceptor => {
  const listen = VersionLifecycle.make(policy, notices)
  const negotiate = VersionNegotiation.make(policy, listen)

  /** Of a call without versions. Its 410 may be about one thing alone, unless the end of the version was announced. */
  const settle = (response: HttpClientResponse, call: Call) => {
    const isSilent = VersionLifecycle.isQuiet(response, call) || VersionLifecycle.isElsewhere(response, call)
    const version = isSilent ? undefined : versionOf(call.template)
    if (version === undefined) return Effect.succeed(response)
    return Effect.flatMap(listen(response, call, version), (heard) => {
      const isRetired = heard.status === 410
        ? VersionLifecycle.sunsetOf(call, version) !== undefined
        : heard.status === 404 && VersionLifecycle.hasEnded(call, version)
      return isRetired ? VersionLifecycle.retire(heard, version) : Effect.succeed(heard)
    })
  }

  return {
    stage: "version",
    around: (next) => (request, call) => {
      const { versions } = call.options
      return versions !== undefined && ApiVersions.concerns(versions, request.url)
        ? negotiate(next, request, call, versions)
        : Effect.flatMap(next(request, call), (response) => settle(response, call))
    }
  }
}
