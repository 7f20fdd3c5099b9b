/**
 * Running a prompt object: the service shows its dialog, and says on a signal how it ended.
 */
import { Effect, Queue, Schema } from "effect"
import type { DBusFailure } from "../dbus/DBusFailure.ts"
import { DBusDisconnected, DBusMalformed } from "../dbus/DBusFailure.ts"
import type { Answer } from "../UnlockFlight.ts"
import * as Names from "./Names.ts"
import type { ServiceSession } from "./ServiceSession.ts"

const completed = Schema.is(Schema.Tuple(Schema.Boolean, Schema.Any))

/** A service that does not close its dialog in this time keeps it. */
const patience = "1 second"

/** `/` stands for no prompt. Interrupting closes the dialog. */
export const run = (session: ServiceSession, path: string): Effect.Effect<Answer, DBusFailure> => {
  if (path === Names.noPrompt) return Effect.succeed("accepted")
  const { connection, owner } = session
  const ask = (member: string, signature: string, body: ReadonlyArray<string>) =>
    connection.call({ destination: owner, path, interface: Names.promptInterface, member, signature, body })
  const dismiss = ask("Dismiss", "", []).pipe(Effect.timeout(patience), Effect.ignore, Effect.interruptible)
  return Effect.scoped(
    Effect.gen(function*() {
      const answers = yield* connection.signals({
        sender: owner,
        path,
        interface: Names.promptInterface,
        member: "Completed"
      })
      const owners = yield* connection.signals({
        sender: "org.freedesktop.DBus",
        path: "/org/freedesktop/DBus",
        interface: "org.freedesktop.DBus",
        member: "NameOwnerChanged",
        arg0: owner
      })
      const answered = Effect.flatMap(Queue.take(answers), ({ body }) => {
        if (!completed(body)) return new DBusMalformed({ what: "signal" })
        return Effect.succeed<Answer>(body[0] ? "dismissed" : "accepted")
      })
      const serviceEnded = Effect.zipRight(Queue.take(owners), new DBusDisconnected({ code: "ServiceEnded" }))
      return yield* ask("Prompt", "s", [""]).pipe(
        Effect.zipRight(Effect.raceFirst(answered, Effect.raceFirst(serviceEnded, connection.ended))),
        Effect.onInterrupt(() => dismiss)
      )
    })
  )
}
