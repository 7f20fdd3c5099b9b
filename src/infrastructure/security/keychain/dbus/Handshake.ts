/**
 * SASL EXTERNAL: the kernel tells the bus who we are. Nothing else is offered.
 */
import { Effect } from "effect"
import type { Socket } from "node:net"
import { userInfo } from "node:os"
import { DBusUnreachable } from "./DBusFailure.ts"

/** Longer than any answer of a bus. */
const longest = 1024

/** Waits for one line, leaving what follows in the socket. */
const line = (socket: Socket) =>
  Effect.async<string, DBusUnreachable>((resume) => {
    let text = ""
    const end = () => finish(new DBusUnreachable({ code: "ClosedDuringHandshake" }))
    const readable = () => {
      for (let byte = socket.read(1); byte !== null; byte = socket.read(1)) {
        text += String.fromCharCode(byte[0])
        if (text.endsWith("\r\n")) return finish(Effect.succeed(text.slice(0, -2)))
        if (text.length > longest) return finish(new DBusUnreachable({ code: "BadHandshake" }))
      }
    }
    const stop = () => socket.off("readable", readable).off("close", end)
    const finish = (result: Effect.Effect<string, DBusUnreachable>) => {
      stop()
      resume(result)
    }
    socket.on("readable", readable).on("close", end)
    if (socket.destroyed) end()
    else readable()
    return Effect.sync(stop)
  })

/** Leaves the socket paused, at the first byte of the first message. */
export const external = (socket: Socket): Effect.Effect<void, DBusUnreachable> =>
  Effect.gen(function*() {
    const user = Buffer.from(String(userInfo().uid)).toString("hex")
    socket.write(`\0AUTH EXTERNAL ${user}\r\n`)
    const answer = yield* line(socket)
    if (!answer.startsWith("OK ")) return yield* new DBusUnreachable({ code: "AuthenticationRejected" })
    socket.write("BEGIN\r\n")
  })
