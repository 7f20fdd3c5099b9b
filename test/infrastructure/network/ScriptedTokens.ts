/**
 * Credentials whose generation grows when the current one is rejected.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import { UserId } from "../../../src/domain/auth/User.ts"
import { Unauthenticated } from "../../../src/domain/network/RemoteFailure.ts"
import { AccessTokens } from "../../../src/infrastructure/network/api/AccessTokens.ts"

export const make = (
  options: { readonly refresh?: Effect.Effect<void>; readonly user?: () => string | undefined } = {}
) => {
  const { refresh = Effect.void, user = () => "ada" } = options
  const state = { generation: 1, rejected: [] as Array<number>, refreshes: 0 }
  const gate = Effect.unsafeMakeSemaphore(1)
  const layer = Layer.succeed(AccessTokens, {
    credentials: () =>
      Effect.suspend(() => {
        const principal = user()
        if (principal === undefined) return new Unauthenticated()
        return Effect.succeed({
          principal: UserId.make(principal),
          generation: state.generation,
          headers: { authorization: Redacted.make(`Bearer token-${state.generation}`) }
        })
      }),
    rejected: (generation) =>
      gate.withPermits(1)(Effect.suspend(() => {
        state.rejected.push(generation)
        if (generation < state.generation) return Effect.void
        state.refreshes++
        return Effect.zipRight(refresh, Effect.sync(() => void state.generation++))
      })),
    principal: Effect.sync(() => Option.map(Option.fromNullable(user()), (id) => UserId.make(id)))
  })
  return { state, layer }
}
