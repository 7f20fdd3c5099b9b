/**
 * Ties calls to the account they are made for, whoever is signed in when they go out.
 */
import { Effect, FiberRef, GlobalValue } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"

const current = GlobalValue.globalValue(
  "effect-strata/infrastructure/network/api/OnBehalfOf",
  () => FiberRef.unsafeMake<UserId | undefined>(undefined)
)

/**
 * Signed calls inside the effect fail with `Unauthenticated`, before anything is sent, unless `principal` is signed in
 * at each of their attempts.
 */
export const onBehalfOf = (principal: UserId): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> =>
  Effect.locally(current, principal)

/** The account that requests made here are for, when that was said. */
export const intended: Effect.Effect<UserId | undefined> = FiberRef.get(current)
