/**
 * `strata login`, `logout` and `whoami`.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import { LoginRequest } from "../../domain/auth/LoginRequest.ts"
import { User } from "../../domain/auth/User.ts"
import { Application } from "../Application.ts"
import { json } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { inEnvironment } from "../InEnvironment.ts"
import { green, print, printable, printJson } from "../Output.ts"
import * as SecretInput from "../SecretInput.ts"

const username = Options.text("username").pipe(
  Options.withAlias("u"),
  Options.withDescription("Who signs in; the configured account when absent"),
  Options.optional
)

const request = (name: Option.Option<string>) =>
  Effect.gen(function*() {
    const application = yield* Application
    const account = yield* application.account
    const configured = Option.filter(account, (known) => Option.isNone(name) || known.username === name.value)
    if (Option.isSome(configured)) return configured.value
    const chosen = yield* Effect.mapError(
      name,
      () => new CommandFailed({ reason: "No account is configured", next: "Run \"strata login --username NAME\"." })
    )
    return new LoginRequest({ username: chosen, password: yield* SecretInput.passphrase("Password") })
  })

export const login = Command.make("login", { username }, (options) =>
  Effect.gen(function*() {
    const credentials = yield* request(options.username)
    yield* Effect.gen(function*() {
      const auth = yield* AuthRepository
      const user = yield* auth.login(credentials)
      yield* print(`${green("✔")} Signed in as ${printable(user.username)}`)
    }).pipe(inEnvironment("login"))
  })).pipe(Command.withDescription("Sign in; the password is asked for, or read from standard input"))

export const logout = Command.make("logout", {}, () =>
  Effect.gen(function*() {
    const auth = yield* AuthRepository
    yield* auth.logout
    yield* print(`${green("✔")} Signed out; notes on this device stay sealed`)
  }).pipe(inEnvironment("logout"))).pipe(Command.withDescription("End the session here and at the backend"))

export const whoami = Command.make("whoami", { json }, (options) =>
  Effect.gen(function*() {
    const auth = yield* AuthRepository
    const user = yield* auth.currentUser
    if (options.json) return yield* printJson("user", Schema.NullOr(User), Option.getOrNull(user))
    if (Option.isNone(user)) {
      return yield* new CommandFailed({ reason: "Nobody is signed in", next: "Run \"strata login\"." })
    }
    yield* print(printable(user.value.username))
  }).pipe(inEnvironment("whoami"))).pipe(Command.withDescription("Tell who is signed in"))
