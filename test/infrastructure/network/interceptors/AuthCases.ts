/**
 * Tokens that a test scripts step by step, and a backend that knows which of them is good.
 */
import { Effect, Redacted } from "effect"
import type { Duration } from "effect"
import { UserId } from "../../../../src/domain/auth/User.ts"
import { Unauthenticated, Unavailable } from "../../../../src/domain/network/RemoteFailure.ts"
import type { AccessTokens } from "../../../../src/infrastructure/network/api/AccessTokens.ts"
import type * as ScriptedTransport from "../../../../src/testing/ScriptedTransport.ts"

/** What becomes of a rejected generation. */
export interface Replacement {
  readonly takes?: Duration.DurationInput
  readonly ends: "renewed" | "failed" | "over" | "never"
}

export const generationOf = (header: string | undefined) => Number(/^Bearer token-(\d+)$/.exec(header ?? "")?.[1])

export const make = (options: {
  readonly replacement?: (generation: number) => Replacement
  /** How long credentials take, read before and given out after it. */
  readonly slow?: () => Duration.DurationInput
}) => {
  const state = {
    generation: 1,
    /** What the backend accepts. */
    valid: 2,
    over: false,
    rejected: [] as Array<number>,
    replaced: [] as Array<number>,
    underWay: [] as Array<number>,
    mostUnderWay: 0
  }
  const tokens: typeof AccessTokens.Service = {
    credentials: () =>
      Effect.suspend(() => {
        if (state.over) return new Unauthenticated()
        const { generation } = state
        const given = Effect.succeed({
          principal: UserId.make("ada"),
          generation,
          headers: { authorization: Redacted.make(`Bearer token-${generation}`) }
        })
        return options.slow === undefined ? given : Effect.delay(given, options.slow())
      }),
    rejected: (generation) =>
      Effect.suspend(() => {
        const { ends, takes = 0 } = options.replacement?.(generation) ?? { ends: "renewed" }
        state.rejected.push(generation)
        state.underWay.push(generation)
        state.mostUnderWay = Math.max(state.mostUnderWay, state.underWay.filter((each) => each === generation).length)
        const end = Effect.suspend<void, Unavailable | Unauthenticated, never>(() => {
          if (ends === "failed") return new Unavailable({})
          if (ends === "over") {
            state.over = true
            return new Unauthenticated()
          }
          if (state.generation === generation) state.generation++
          state.valid = Math.max(state.valid, state.generation)
          state.replaced.push(generation)
          return Effect.void
        })
        return Effect.sleep(takes).pipe(
          Effect.zipRight(ends === "never" ? Effect.never : end),
          Effect.ensuring(Effect.sync(() => void state.underWay.splice(state.underWay.indexOf(generation), 1)))
        )
      }),
    principal: Effect.succeedNone
  }
  /** 200 to what is good when it arrives, else 401. */
  const backend = (latency: () => Duration.DurationInput = () => 0): ScriptedTransport.Script => ({ request }) =>
    Effect.suspend(() => {
      const status = generationOf(request.headers["authorization"]) === state.valid ? 200 : 401
      return Effect.succeed({ latency: latency(), status, headers: { "www-authenticate": "Bearer" } })
    })
  return { state, tokens, backend }
}
