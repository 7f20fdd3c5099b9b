/**
 * One connection to a message bus, shared by any number of callers.
 */
import { Effect, Either, Queue } from "effect"
import type { Scope } from "effect"
import type { Socket } from "node:net"
import { DBusDisconnected, DBusError, DBusMalformed, DBusOverloaded } from "./DBusFailure.ts"
import type { DBusFailure } from "./DBusFailure.ts"
import * as Frames from "./Frames.ts"
import * as MatchRule from "./MatchRule.ts"
import * as Message from "./Message.ts"
import type { Value } from "./Value.ts"

export interface MethodCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: ReadonlyArray<Value>
}

/** What a call of somebody to us is answered with: an error when it has the name of one. */
export type Reply = Pick<Message.Message, "signature" | "body" | "errorName">

export interface Limits {
  /** Largest message taken from the peer, in bytes. */
  readonly message: number
  /** Calls waiting for their answers. */
  readonly calls: number
  /** Bytes that the peer has not taken yet. */
  readonly backlog: number
  /** Signals of one subscription that nobody has taken; further ones are dropped. */
  readonly signals: number
}

const defaults: Limits = { message: 64 * 1024 * 1024, calls: 1024, backlog: 64 * 1024 * 1024, signals: 64 }

export interface Connection {
  /** An interrupted call is forgotten: nothing waits for its answer, and a late one is ignored. */
  readonly call: (call: MethodCall) => Effect.Effect<Message.Message, DBusFailure>

  /** Signals from the moment the effect succeeds until the scope closes. Ends with the connection: see `ended`. */
  readonly signals: (
    rule: MatchRule.MatchRule
  ) => Effect.Effect<Queue.Dequeue<Message.Message>, DBusFailure, Scope.Scope>

  /** Fails when the connection has ended. */
  readonly ended: Effect.Effect<never, DBusDisconnected>

  readonly isOpen: () => boolean

  /** Calls waiting for their answers. */
  readonly pending: () => number
}

const bus = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus"
} as const

/** Over a socket that has shaken hands. `serve` answers calls from others; without an answer they get `UnknownMethod`. */
export const make = (
  socket: Socket,
  serve: (call: Message.Message) => Reply | undefined = () => undefined,
  limits: Limits = defaults
): Connection => {
  const waiting = new Map<number, (result: Effect.Effect<Message.Message, DBusFailure>) => void>()
  const subscriptions = new Set<(signal: Message.Message) => void>()
  const whenEnded = new Set<(end: DBusDisconnected) => void>()
  let end: DBusDisconnected | undefined
  let lastSerial = 0

  const finish = (code: string) => {
    if (end !== undefined) return
    end = new DBusDisconnected({ code })
    socket.destroy()
    for (const answer of [...waiting.values(), ...whenEnded]) answer(end)
    waiting.clear()
  }

  const nextSerial = () => (lastSerial = lastSerial === 0xffff_ffff ? 1 : lastSerial + 1)

  const send = (message: Omit<Message.Message, "serial">, serial = nextSerial()): Either.Either<void, DBusFailure> => {
    if (end !== undefined) return Either.left(end)
    return Either.flatMap(Message.encode({ ...message, serial }), (bytes): Either.Either<void, DBusFailure> => {
      if (socket.writableLength + bytes.length > limits.backlog) {
        return Either.left(new DBusOverloaded({ what: "bytes" }))
      }
      socket.write(bytes)
      return Either.void
    })
  }

  /** A connection that nobody waits for does not keep the process alive. */
  const keepAlive = () => void (waiting.size + whenEnded.size > 0 ? socket.ref() : socket.unref())

  const answerCall = (call: Message.Message) => {
    const to = { replySerial: call.serial, ...(call.sender === undefined ? {} : { destination: call.sender }) }
    const reply = serve(call)
    if (reply !== undefined) return send({ ...reply, ...to, type: reply.errorName === undefined ? "return" : "error" })
    return send({
      ...to,
      type: "error",
      errorName: "org.freedesktop.DBus.Error.UnknownMethod",
      signature: "",
      body: []
    })
  }

  const receive = (message: Message.Message) => {
    if (message.type === "call") return void answerCall(message)
    if (message.type === "signal") return subscriptions.forEach((deliver) => deliver(message))
    const answer = waiting.get(message.replySerial ?? 0)
    waiting.delete(message.replySerial ?? 0)
    keepAlive()
    answer?.(
      message.type === "return" ? Effect.succeed(message) : new DBusError({ name: message.errorName ?? "" })
    )
  }

  const frames = Frames.make(limits.message)
  socket
    .on("data", (chunk: Buffer) => {
      const messages = Either.flatMap(frames(chunk), (complete) => Either.all(complete.map(Message.decode)))
      if (Either.isLeft(messages)) return finish(`Malformed ${messages.left.what}`)
      for (const message of messages.right) if (message !== undefined && end === undefined) receive(message)
    })
    .on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? "SocketError"))
    .on("close", () => finish("Closed"))
    .resume()
  if (socket.destroyed) finish("Closed")
  keepAlive()

  const call = (request: MethodCall) =>
    Effect.async<Message.Message, DBusFailure>((resume) => {
      if (waiting.size >= limits.calls) return resume(new DBusOverloaded({ what: "calls" }))
      const serial = nextSerial()
      const sent = send({ signature: "", body: [], ...request, type: "call" }, serial)
      if (Either.isLeft(sent)) return resume(Effect.fail(sent.left))
      waiting.set(serial, resume)
      keepAlive()
      return Effect.sync(() => {
        waiting.delete(serial)
        keepAlive()
      })
    })

  const signals = (rule: MatchRule.MatchRule) =>
    Effect.gen(function*() {
      const queue = yield* Effect.acquireRelease(Queue.dropping<Message.Message>(limits.signals), Queue.shutdown)
      const deliver = (signal: Message.Message) => {
        if (MatchRule.matches(rule, signal)) queue.unsafeOffer(signal)
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => subscriptions.add(deliver)),
        () => Effect.sync(() => subscriptions.delete(deliver))
      )
      const body = [MatchRule.render(rule)]
      yield* Effect.acquireReleaseInterruptible(
        call({ ...bus, member: "AddMatch", signature: "s", body }),
        // Not waited for; a bus that is gone keeps no rules.
        () => Effect.sync(() => void send({ ...bus, type: "call", member: "RemoveMatch", signature: "s", body }))
      )
      return queue
    })

  const ended = Effect.async<never, DBusDisconnected>((resume) => {
    if (end !== undefined) return resume(end)
    const notice = (reason: DBusDisconnected) => resume(reason)
    whenEnded.add(notice)
    keepAlive()
    return Effect.sync(() => {
      whenEnded.delete(notice)
      keepAlive()
    })
  })

  return { call, signals, ended, isOpen: () => end === undefined, pending: () => waiting.size }
}

/** The body of a reply that has this shape. */
export const bodyOf = <A>(
  is: (body: unknown) => body is A
) =>
(reply: Message.Message): Either.Either<A, DBusMalformed> =>
  is(reply.body) ? Either.right(reply.body) : Either.left(new DBusMalformed({ what: "reply" }))

/** Asks the bus itself. */
export const callBus = (connection: Connection, member: string, signature = "", body: ReadonlyArray<Value> = []) =>
  connection.call({ ...bus, member, signature, body })
