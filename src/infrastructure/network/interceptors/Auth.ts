/**
 * Signs requests to the backend, and once more with other credentials when it does not accept those it got. All attempts
 * of a call are signed for one account: what was written by one must not go out as another who signed in meanwhile.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Exit, Fiber, Record, Redacted, Runtime, Schema } from "effect"
import type { Duration, Scope } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { SecretFailure as SecretFailureSchema } from "../../../domain/storage/SecretFailure.ts"
import type { AccessTokens, Credentials } from "../api/AccessTokens.ts"
import { AuthUnavailable, DeadlineExceeded, SessionExpired } from "../api/ApiError.ts"
import type { ApiError } from "../api/ApiError.ts"
import * as CallOptions from "../api/CallOptions.ts"
import * as Resend from "../api/retry/Resend.ts"
import * as TokenReplacement from "../api/TokenReplacement.ts"
import type { Attempt } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

const isSecret = Schema.is(SecretFailureSchema)

const failed = (failure: RemoteFailure | SecretFailure): ApiError | SecretFailure =>
  isSecret(failure)
    ? failure
    : failure._tag === "Unauthenticated"
    ? new SessionExpired()
    : new AuthUnavailable({ failure })

const mapped = (credentials: Effect.Effect<Credentials, RemoteFailure | SecretFailure>) =>
  Effect.mapError(credentials, failed)

/**
 * Whether another bearer token may change the answer (RFC 6750, section 3.1; RFC 9110, section 11.6.1). A 401 without a
 * challenge breaks RFC 9110 and counts.
 */
const asksForToken = ({ headers, status }: HttpClientResponse): boolean => {
  if (status !== 401) return false
  const challenges = headers["www-authenticate"]
  if (challenges === undefined) return true
  const schemes = challenges.replace(/"(?:[^"\\]|\\.)*"/g, "\"\"")
  return /(?:^|,)\s*bearer(?:[\s,]|$)/i.test(schemes) && !/error\s*=\s*"?insufficient_scope/i.test(challenges)
}

const sign = (request: HttpClientRequest.HttpClientRequest, { headers }: Credentials) =>
  HttpClientRequest.setHeaders(request, Record.map(headers, Redacted.value))

const late = () => new DeadlineExceeded({ phase: "auth", scope: "total", sent: "no" })

const within = <A>(effect: Effect.Effect<A, ApiError | SecretFailure>, call: Call) => {
  const remaining = call.remaining()
  return remaining === 0
    ? late()
    : Number.isFinite(remaining)
    ? Effect.timeoutFail(effect, { duration: remaining, onTimeout: late })
    : effect
}

const forAnotherAccount = ({ principal }: Credentials, call: Call) => {
  call.principal ??= principal
  return call.principal !== principal
}

/** Runs at once what needs not wait, at a small part of the price of a time limit; the rest is waited for within it. */
const promptly = <A>(effect: Effect.Effect<A, ApiError | SecretFailure>, call: Call) =>
  Effect.withFiberRuntime<A, ApiError | SecretFailure>((fiber) => {
    // What nobody has time to wait for is not begun.
    if (call.remaining() === 0) return late()
    const runtime = Runtime.make({
      context: fiber.currentContext,
      fiberRefs: fiber.getFiberRefs(),
      runtimeFlags: Runtime.defaultRuntimeFlags
    })
    const running = Runtime.runFork(runtime)(effect)
    return running.unsafePoll()
      ?? within(Effect.onInterrupt(Fiber.join(running), () => Fiber.interruptFork(running)), call)
  })

/** `origin` is the only one that gets credentials; `limit` is for the replacement of tokens. */
export const make = (
  tokens: typeof AccessTokens.Service,
  options: { readonly origin: string; readonly limit: Duration.DurationInput }
): Effect.Effect<AttemptInterceptor, never, Scope.Scope> =>
  Effect.map(TokenReplacement.make(tokens, options.limit), (replacement) => {
    const belongs = (url: string) => url === options.origin || url.startsWith(`${options.origin}/`)

    /** What is there already needs no fiber that waits for it. */
    const ask = ({ method, url }: HttpClientRequest.HttpClientRequest, call: Call) => {
      const asked = tokens.credentials({ method, url })
      if (Exit.isExit(asked)) return mapped(asked)
      return promptly(mapped(call.options === CallOptions.none ? asked : CallOptions.unmentioned(asked)), call)
    }

    const replaced = (generation: number, call: Call) =>
      within(Effect.mapError(replacement.replaced(generation), failed), call)

    /** What was replaced while it was asked for, or is about to be, is asked for again afterwards. */
    const current = (
      request: HttpClientRequest.HttpClientRequest,
      call: Call
    ): Effect.Effect<Credentials, ApiError | SecretFailure> =>
      Effect.suspend(() => {
        const before = replacement.count()
        return Effect.flatMap(ask(request, call), (credentials) =>
          replacement.isUnderWay(credentials.generation)
            ? Effect.zipRight(replaced(credentials.generation, call), current(request, call))
            : replacement.count() === before
            ? Effect.succeed(credentials)
            : current(request, call))
      })

    return {
      stage: "auth",
      around: (next) => {
        const resend = (
          request: HttpClientRequest.HttpClientRequest,
          attempt: Attempt,
          response: HttpClientResponse,
          used: number
        ) =>
          Effect.gen(function*() {
            const { call } = attempt
            yield* Resend.letGo(attempt, response)
            const known = yield* current(request, call)
            if (known.generation === used) yield* replaced(used, call)
            yield* Resend.replayable(request, call)
            const renewed = known.generation === used ? yield* current(request, call) : known
            if (forAnotherAccount(renewed, call)) return yield* new SessionExpired()
            return yield* next(sign(request, renewed), attempt.again("auth"))
          })
        return (request, attempt) => {
          const { call } = attempt
          if (!belongs(request.url)) return next(request, attempt)
          return Effect.flatMap(
            current(request, call),
            (credentials) =>
              forAnotherAccount(credentials, call)
                ? new SessionExpired()
                : Effect.flatMap(next(sign(request, credentials), attempt), (response) =>
                  asksForToken(response) && belongs(response.request.url) && !call.isDone
                    ? resend(request, attempt, response, credentials.generation)
                    : Effect.succeed(response))
          )
        }
      }
    }
  })
