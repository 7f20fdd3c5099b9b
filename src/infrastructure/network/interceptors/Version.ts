/**
 * Asks for the version that is served where the call names versions (`CallOptions.versioned`), and hears of the end of any
 * version that answers. Any other call is sent as it is.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect } from "effect"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import { answered } from "../api/origin/OriginState.ts"
import { partsOf } from "../api/UrlTemplate.ts"
import * as ApiVersions from "../api/version/ApiVersions.ts"
import * as Negotiation from "../api/version/Negotiation.ts"
import * as Retirement from "../api/version/Retirement.ts"
import type { VersionNotices } from "../api/version/VersionNotices.ts"
import type { Call } from "./Call.ts"
import type { CallInterceptor } from "./Interceptor.ts"

export const make = (policy: ApiPolicyOptions, notices: typeof VersionNotices.Service): CallInterceptor => {
  const listen = Retirement.make(policy, notices)
  const negotiate = Negotiation.make(policy, listen)

  /** Of a call without versions. Its 410 may be about one thing alone, unless the end of the version was announced. */
  const settle = (response: HttpClientResponse, call: Call) => {
    const isSilent = Retirement.isQuiet(response, call) || !answered(call.origin, response)
    const version = isSilent || call.template === undefined ? undefined : partsOf(call.template).version
    if (version === undefined) return Effect.succeed(response)
    return Effect.flatMap(listen(response, call, version), (heard) => {
      const isRetired = heard.status === 410
        ? Retirement.sunsetOf(call, version) !== undefined
        : heard.status === 404 && Retirement.hasEnded(call, version)
      return isRetired ? Retirement.retire(heard, version) : Effect.succeed(heard)
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
