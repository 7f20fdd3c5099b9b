/**
 * Connecting to a message bus by its address.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { connect } from "node:net"
import * as Address from "./Address.ts"
import * as Connection from "./Connection.ts"
import { DBusUnreachable } from "./DBusFailure.ts"
import type { DBusFailure } from "./DBusFailure.ts"
import * as Handshake from "./Handshake.ts"
import type { Message } from "./Message.ts"

export interface Options {
  readonly serve?: (call: Message) => Connection.Reply | undefined
  readonly limits?: Connection.Limits
}

const socket = (path: string) =>
  Effect.gen(function*() {
    const opening = yield* Effect.acquireRelease(
      // The listener stays: an error that nobody listens to ends the process.
      Effect.sync(() => connect({ path }).pause().on("error", () => {})),
      (opened) => Effect.sync(() => opened.destroy())
    )
    yield* Effect.async<void, DBusUnreachable>((resume) => {
      const fail = (error: NodeJS.ErrnoException) => resume(new DBusUnreachable({ code: error.code ?? "SocketError" }))
      const done = () => resume(Effect.void)
      opening.once("connect", done).once("error", fail)
      return Effect.sync(() => opening.off("connect", done).off("error", fail))
    })
    return opening
  })

/**
 * The first server of the address list that takes us. Waits for ever for one that does not answer; interrupting closes
 * the socket, as does the scope.
 */
export const open = (
  addresses: string,
  options: Options = {}
): Effect.Effect<Connection.Connection, DBusFailure, Scope.Scope> => {
  const attempts = Address.sockets(addresses).map((path) =>
    Effect.gen(function*() {
      const opened = yield* socket(path)
      yield* Handshake.external(opened)
      const connection = Connection.make(opened, options.serve, options.limits)
      yield* Connection.callBus(connection, "Hello")
      return connection
    })
  )
  return attempts.length === 0 ? new DBusUnreachable({ code: "NoAddress" }) : Effect.firstSuccessOf(attempts)
}
