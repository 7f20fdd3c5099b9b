/**
 * Running a prompt object: the service shows its dialog, and says on a signal how it ended.
 */
import { Effect, Fiber, Queue, Schema } from "effect"
import * as Connection from "../dbus/Connection.ts"
import type { DBusFailure } from "../dbus/DBusFailure.ts"
import { DBusDisconnected, DBusMalformed } from "../dbus/DBusFailure.ts"
import type { Answer } from "../UnlockFlight.ts"
import * as Names from "./Names.ts"
import type { ServiceSession } from "./ServiceSession.ts"

const completed = Schema.is(Schema.Tuple(Schema.Boolean, Schema.Any))

/** A service that does not close its dialog in this time keeps it. */
const patience = "1 second"

/**
 * GNOME Keyring aborts, for every program of the session, when an unlock dialog is dismissed over the bus while it is
 * shown (42.1: `perform_next_unlock: assertion failed: (!self->current)`).
 */
export const canDismiss = ({ connection, owner }: ServiceSession) =>
  Connection.callBus(connection, "GetNameOwner", "s", ["org.gnome.keyring"]).pipe(
    Effect.map(({ body }) => body[0] !== owner),
    Effect.catchTag("DBusError", () => Effect.succeed(true))
  )

/** `/` stands for no prompt. Interrupting closes the dialog. */
export const run = (session: ServiceSession, path: string): Effect.Effect<Answer, DBusFailure> => {
  if (path === Names.noPrompt) return Effect.succeed("accepted")
  const { connection, owner } = session
  const ask = (member: string, signature: string, body: ReadonlyArray<string>) =>
    connection.call({ destination: owner, path, interface: Names.promptInterface, member, signature, body })
  // In a fiber of its own: the interrupted one cannot have its finalizers time out.
  const dismiss = ask("Dismiss", "", []).pipe(
    Effect.timeout(patience),
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.flatMap(Fiber.await)
  )
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
