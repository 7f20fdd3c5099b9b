/**
 * Signing in against a fixed list of accounts.
 */
import { DateTime, Effect, Layer, Option, PubSub, Redacted, Ref, Stream } from "effect"
import { InvalidCredentials } from "../../../domain/auth/AuthFailure.ts"
import { AuthRepository } from "../../../domain/auth/AuthRepository.ts"
import type { LoginRequest } from "../../../domain/auth/LoginRequest.ts"
import type { SessionEvent } from "../../../domain/auth/Session.ts"
import { Session } from "../../../domain/auth/Session.ts"
import type { User } from "../../../domain/auth/User.ts"

export interface Account {
  readonly user: User
  readonly password: Redacted.Redacted<string>
}

export const make = (options: { readonly accounts: ReadonlyArray<Account> }) =>
  Effect.gen(function*() {
    const current = yield* Ref.make(Option.none<Session>())
    const events = yield* PubSub.sliding<SessionEvent>(16)

    const login = Effect.fnUntraced(function*(request: LoginRequest) {
      const password = Redacted.value(request.password)
      const account = options.accounts.find((each) =>
        each.user.username === request.username && Redacted.value(each.password) === password
      )
      if (account === undefined) return yield* new InvalidCredentials()
      yield* Ref.set(current, Option.some(new Session({ user: account.user, startedAt: yield* DateTime.now })))
      yield* PubSub.publish(events, { _tag: "SignedIn", user: account.user })
      return account.user
    })

    const logout = Effect.gen(function*() {
      const ended = yield* Ref.getAndSet(current, Option.none())
      if (Option.isSome(ended)) yield* PubSub.publish(events, { _tag: "SignedOut" })
    })

    return AuthRepository.of({
      login,
      logout,
      currentUser: Effect.map(Ref.get(current), Option.map(({ user }) => user)),
      session: Ref.get(current),
      changes: Stream.fromPubSub(events)
    })
  })

/** Volatile: the session ends with the layer. Sessions never expire. */
export const layer = (options: { readonly accounts: ReadonlyArray<Account> }): Layer.Layer<AuthRepository> =>
  Layer.effect(AuthRepository, make(options))
