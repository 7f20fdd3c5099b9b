/**
 * What every `AuthRepository` must do. The adapter under test knows `ada` and `grace` by `passwords` and nobody is
 * signed in. Not covered: what refreshes and expires, which `AccessTokens` adapters have tests for.
 */
import { Clock, Effect, Fiber, Option, Redacted, Schema, Stream } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import { LoginRequest } from "../../domain/auth/LoginRequest.ts"
import { Session, SessionEvent } from "../../domain/auth/Session.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** The accounts an adapter under test has to know. */
export const passwords = { ada: "correct horse battery", grace: "staple tally nanosecond" }

/** Right unless `password` says otherwise. */
export const loginRequest = (username: keyof typeof passwords, password: string = passwords[username]) =>
  new LoginRequest({ username, password: Redacted.make(password) })

const signedInAs = (username: string | undefined) =>
  Effect.gen(function*() {
    const auth = yield* AuthRepository
    const user = Option.getOrUndefined(yield* auth.currentUser)
    const session = Option.getOrUndefined(yield* auth.session)
    yield* ensure(user?.username === username, `signed in as ${user?.username ?? "nobody"}`)
    yield* ensure(session?.user.id === user?.id, "session and currentUser do not agree")
  })

const refused = (request: LoginRequest) =>
  Effect.gen(function*() {
    const auth = yield* AuthRepository
    const failure = yield* Effect.flip(auth.login(request))
    yield* ensure(failure._tag === "InvalidCredentials", `failed with ${failure._tag}`)
  })

/** Lets the forked subscriber reach its subscription. */
const settle = Effect.repeatN(Effect.yieldNow(), 50)

export const contract: Contract<AuthRepository> = {
  name: "AuthRepository",
  cases: [
    contractCase("knows nobody at first", signedInAs(undefined)),
    contractCase(
      "signs in and knows who it is and since when",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        const user = yield* auth.login(loginRequest("ada"))
        yield* ensure(user.username === "ada", "another user was signed in")
        yield* signedInAs("ada")
        const session = Option.getOrUndefined(yield* auth.session)
        const since = session?.startedAt.epochMillis
        const now = yield* Clock.currentTimeMillis
        yield* ensure(since !== undefined && Math.abs(now - since) < 60_000, "the session did not start now")
      })
    ),
    contractCase("refuses a wrong password", refused(loginRequest("ada", "wrong"))),
    contractCase(
      "refuses an unknown person in the same way",
      refused(new LoginRequest({ username: "nobody", password: Redacted.make(passwords.ada) }))
    ),
    contractCase(
      "keeps the session when another sign-in is refused",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* auth.login(loginRequest("ada"))
        yield* refused(loginRequest("grace", "wrong"))
        yield* signedInAs("ada")
      })
    ),
    contractCase(
      "replaces the session by the next one",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        const ada = yield* auth.login(loginRequest("ada"))
        const grace = yield* auth.login(loginRequest("grace"))
        yield* ensure(ada.id !== grace.id, "two people have one id")
        yield* signedInAs("grace")
      })
    ),
    contractCase(
      "signs out, also when nobody is signed in",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* auth.logout
        yield* auth.login(loginRequest("ada"))
        yield* auth.logout
        yield* signedInAs(undefined)
        yield* auth.logout
        yield* signedInAs(undefined)
      })
    ),
    contractCase(
      "tells subscribers what happens from then on, in order",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* auth.login(loginRequest("grace"))
        const events = yield* auth.changes.pipe(Stream.take(2), Stream.runCollect, Effect.fork)
        yield* settle
        yield* auth.login(loginRequest("ada"))
        yield* auth.logout
        const seen = Array.from(yield* Fiber.join(events), (event) => event._tag).join()
        yield* ensure(seen === "SignedIn,SignedOut", `saw ${seen}`)
      })
    ),
    contractCase(
      "says nothing when there was nobody to sign out",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        const first = yield* auth.changes.pipe(Stream.take(1), Stream.runCollect, Effect.fork)
        yield* settle
        yield* auth.logout
        yield* auth.login(loginRequest("ada"))
        const [event] = Array.from(yield* Fiber.join(first))
        yield* ensure(event?._tag === "SignedIn", `saw ${event?._tag}`)
      })
    ),
    contractCase(
      "shows no credential in what it gives out",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        const events = yield* auth.changes.pipe(Stream.take(1), Stream.runCollect, Effect.fork)
        yield* settle
        yield* auth.login(loginRequest("ada"))
        const session = yield* Effect.flatten(auth.session)
        const [event] = Array.from(yield* Fiber.join(events))
        const shown = [
          yield* Schema.encode(Schema.parseJson(Session))(session),
          yield* Schema.encode(Schema.parseJson(Schema.UndefinedOr(SessionEvent)))(event),
          String(yield* Effect.flip(auth.login(loginRequest("ada", "secret guess"))))
        ].join()
        yield* ensure(!shown.includes(passwords.ada) && !shown.includes("secret guess"), "a password is visible")
      })
    )
  ]
}
