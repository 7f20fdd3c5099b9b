/**
 * `strata up`: the application as a daemon.
 */
import * as Command from "@effect/cli/Command"
import { Effect, Option, Stream } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import { Unauthenticated } from "../../domain/network/RemoteFailure.ts"
import { keepInSync } from "../../domain/notes/KeepInSync.ts"
import { PushNotifications } from "../../domain/push/PushNotifications.ts"
import { Application } from "../Application.ts"
import { inEnvironment } from "../InEnvironment.ts"
import { dim, green, note, print, printable, yellow } from "../Output.ts"

/** The signed-in user, or the configured account signed in. */
export const ensureSignedIn = Effect.gen(function*() {
  const application = yield* Application
  const auth = yield* AuthRepository
  const current = yield* auth.currentUser
  if (Option.isSome(current)) return current.value
  const account = yield* application.account
  if (Option.isNone(account)) return yield* new Unauthenticated()
  return yield* auth.login(account.value)
})

const syncing = keepInSync.pipe(
  Stream.tap((round) =>
    round._tag === "Synced"
      ? print(`${green("✔")} sync  ${round.report.pushed} sent, ${round.report.pulled} received`)
      : note(yellow(`! sync  ${round.failure.message}`))
  ),
  Stream.runDrain
)

const receiving = Effect.gen(function*() {
  const push = yield* PushNotifications
  yield* push.register
  yield* push.messages.pipe(
    Stream.tap((message) => print(`${green("✔")} push  ${printable(message.title)}`)),
    Stream.runDrain
  )
}).pipe(Effect.catchAll((failure) => note(yellow(`! push  ${failure.message}`))))

export const up = Command.make("up", {}, () =>
  Effect.gen(function*() {
    const user = yield* ensureSignedIn
    yield* print(`${green("✔")} running as ${printable(user.username)}`)
    yield* note(dim("Ctrl-C ends it."))
    yield* Effect.all([syncing, receiving], { concurrency: 2, discard: true })
    return yield* Effect.never
  }).pipe(inEnvironment("up"))).pipe(
    Command.withDescription("Keep the application running and in sync until it is ended")
  )
