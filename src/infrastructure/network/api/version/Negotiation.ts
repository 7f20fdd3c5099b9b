/**
 * Asks for the version of a resource that the origin serves. A call goes to another version at most once, and the caller
 * does not notice: requests are written for the newest version, and answers come back as the newest has them.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Duration, Effect, Either } from "effect"
import { parseIssues } from "../../../telemetry/redaction/ParseIssues.ts"
import type { Call } from "../../interceptors/Call.ts"
import type { SendCall } from "../../interceptors/Interceptor.ts"
import { DecodeFailure, VersionRetired } from "../ApiError.ts"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { answered } from "../origin/OriginState.ts"
import * as ProblemDetails from "../ProblemDetails.ts"
import { fromHttpClientError } from "../transport/FailureReason.ts"
import * as ApiVersions from "./ApiVersions.ts"
import * as Retirement from "./Retirement.ts"

type Response = HttpClientResponse.HttpClientResponse

/** What an answer of a version stands for. */
interface Answer {
  readonly version: string
  readonly response: Response
  readonly isRefused: boolean
  /** The version has ended. */
  readonly isRetired: boolean
}

/** An answer in memory, with another body. */
const withText = (response: Response, text: string) => {
  const { "content-encoding": _, "content-length": __, "transfer-encoding": ___, ...headers } = response.headers
  const { request, status } = response
  return HttpClientResponse.fromWeb(request, new globalThis.Response(text === "" ? null : text, { status, headers }))
}

const mayNameProblem = ({ headers, status }: Response) =>
  status >= 400 && status < 500 && (headers["content-type"] ?? "").includes("problem+json")

const judge = (response: Response, call: Call, version: string, unsupported: ReadonlySet<string>) => {
  // What was done is not asked of another version, whatever there is to see of it.
  if (call.isDone || !answered(call.origin, response)) {
    return Effect.succeed<Answer>({ version, response, isRefused: false, isRetired: false })
  }
  const isRefused = ApiVersions.refusals.has(response.status)
  const isRetired = response.status === 410 || (response.status === 404 && Retirement.hasEnded(call, version))
  if (!isRefused && !mayNameProblem(response)) {
    return Effect.succeed<Answer>({ version, response, isRefused, isRetired })
  }
  // Held in memory, so that its connection is free while another version is asked for.
  return Effect.map(ProblemDetails.textOf(response), (text): Answer => ({
    version,
    response: withText(response, text),
    isRefused: isRefused || unsupported.has(ProblemDetails.parse(text).type ?? ""),
    isRetired
  }))
}

/** The answer as the newest version has it, which the caller's schema is for. */
const handOn = (versions: ApiVersions.Negotiable, answer: Answer): ReturnType<SendCall> => {
  const { isRetired, response, version } = answer
  const [newest] = versions.names
  if (isRetired) return new VersionRetired({ version })
  if (version === newest || response.status >= 400) return Effect.succeed(response)
  return Effect.flatMap(
    Effect.mapError(response.text, fromHttpClientError),
    (text): ReturnType<SendCall> => {
      const translated = text === "" ? Either.right(text) : versions.translate(text, version, newest)
      return Either.isRight(translated)
        ? Effect.succeed(withText(response, translated.right))
        : new DecodeFailure({ status: response.status, issues: parseIssues(translated.left) })
    }
  )
}

export const make = ({ versions: policy }: ApiPolicyOptions, listen: Retirement.Listen) => {
  const remember = Duration.toMillis(policy.remember)

  return (
    next: SendCall,
    request: HttpClientRequest,
    call: Call,
    versions: ApiVersions.Negotiable
  ): ReturnType<SendCall> => {
    const { names, resource } = versions
    const [newest] = names
    const { template } = call
    const { versions: state } = call.origin
    call.written = request

    const ask = (sent: HttpClientRequest, version: string) => {
      call.template = template === undefined ? undefined : ApiVersions.locate(versions, template, version)
      return Effect.flatMap(
        Effect.flatMap(next(sent, call), (response) => listen(response, call, version)),
        (response) => judge(response, call, version, versions.unsupported)
      )
    }

    const keep = (version: string) =>
      version === newest ? state.forget(resource) : state.remember(resource, version, call.now() + remember)

    const failOver = (refused: Answer): ReturnType<SendCall> => {
      const at = names.indexOf(refused.version)
      const version = names[at + 1] ?? names.find((name) => name !== refused.version)
      const sent = version === undefined ? undefined : ApiVersions.encode(versions, request, version)
      if (version === undefined || sent === undefined) return handOn(versions, refused)
      return Effect.flatMap(ask(sent, version), (answer) => {
        if (!answer.isRefused) {
          if (answer.response.status < 400) keep(version)
          return handOn(versions, answer)
        }
        state.forget(resource)
        // The newer of the two knows best what became of the resource.
        return handOn(versions, at < names.indexOf(version) ? refused : answer)
      })
    }

    const remembered = state.remembered(resource, call.now()) ?? newest
    const known = names.includes(remembered) ? ApiVersions.encode(versions, request, remembered) : undefined
    return Effect.flatMap(
      known === undefined
        ? ask(ApiVersions.encode(versions, request, newest) ?? request, newest)
        : ask(known, remembered),
      (answer) => answer.isRefused ? failOver(answer) : handOn(versions, answer)
    )
  }
}
