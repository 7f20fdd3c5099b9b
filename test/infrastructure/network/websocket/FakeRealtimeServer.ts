/**
 * The backend's side of the realtime protocol, which can be made to misbehave.
 */
import { Effect, Exit, Layer, Mailbox, Schema } from "effect"
import type { Scope } from "effect"
import { ClientFrameJson } from "../../../../src/infrastructure/network/api/contract/RealtimeFrame.ts"
import type { ClientFrame, ServerFrame } from "../../../../src/infrastructure/network/api/contract/RealtimeFrame.ts"
import { ConnectionRefused, MemoryServer } from "../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import { SocketClosed, SocketRefused } from "../../../../src/infrastructure/network/websocket/RealtimeSocket.ts"
import type { Duplex } from "../../../../src/infrastructure/network/websocket/RealtimeSocket.ts"

interface Connection {
  readonly frames: Mailbox.Mailbox<string, SocketClosed>
  readonly channels: Set<string>
  activity: number
}

const put = (connection: Connection, frame: ServerFrame) => {
  connection.activity++
  connection.frames.unsafeOffer(JSON.stringify(frame))
}

export const make = () => {
  const connections = new Set<Connection>()
  const history = new Map<string, Array<unknown>>()
  const server = {
    opened: 0,
    epoch: "e1",
    authorizations: [] as Array<string | undefined>,
    received: [] as Array<ClientFrame>,
    /** What is done with an upgrade before anything else. */
    admit: (_authorization: string | undefined): number => 101,
    reachable: true,
    /** Frames that are read and not answered. */
    mute: new Set<ClientFrame["_tag"]>(),
    /** Does not answer pings either. */
    frozen: false,
    /** Messages that are kept for those who come back. */
    kept: Number.POSITIVE_INFINITY,
    alive: () => connections.size,
    send: (frame: ServerFrame) => {
      for (const connection of connections) put(connection, frame)
    },
    raw: (text: string) => {
      for (const { frames } of connections) frames.unsafeOffer(text)
    },
    cut: (code = 1006) => {
      for (const { frames } of connections) frames.unsafeDone(Exit.fail(new SocketClosed({ code })))
      connections.clear()
    },
    /** Publishes as another client would. */
    publish: (channel: string, data: unknown) => {
      const messages = history.get(channel) ?? []
      history.set(channel, messages)
      messages.push(data)
      for (const connection of connections) {
        if (connection.channels.has(channel)) {
          put(connection, { _tag: "Message", channel, sequence: messages.length, data })
        }
      }
      return messages.length
    }
  }

  const subscribe = (connection: Connection, { after, channel, ref }: Extract<ClientFrame, { _tag: "Subscribe" }>) => {
    const messages = history.get(channel) ?? []
    const missed = after === undefined ? 0 : messages.length - after.sequence
    const recovered = after !== undefined && after.epoch === server.epoch && missed <= server.kept
    connection.channels.add(channel)
    put(connection, {
      _tag: "Subscribed",
      ref,
      channel,
      position: { epoch: server.epoch, sequence: messages.length },
      recovered
    })
    if (!recovered) return
    for (let sequence = after.sequence + 1; sequence <= messages.length; sequence++) {
      put(connection, { _tag: "Message", channel, sequence, data: messages[sequence - 1] })
    }
  }

  const answer = (connection: Connection, frame: ClientFrame) => {
    server.received.push(frame)
    if (server.frozen || server.mute.has(frame._tag)) return
    if (frame._tag === "Hello") put(connection, { _tag: "Welcome", connection: "c" })
    else if (frame._tag === "Subscribe") subscribe(connection, frame)
    else if (frame._tag === "Unsubscribe") {
      connection.channels.delete(frame.channel)
      put(connection, { _tag: "Unsubscribed", ref: frame.ref, channel: frame.channel })
    } else put(connection, { _tag: "Published", ref: frame.ref, sequence: server.publish(frame.channel, frame.data) })
  }

  const connect = (headers: Readonly<Record<string, string>>): Effect.Effect<
    Duplex,
    ConnectionRefused | SocketRefused,
    Scope.Scope
  > =>
    Effect.gen(function*() {
      if (!server.reachable) return yield* new ConnectionRefused()
      server.authorizations.push(headers["authorization"])
      const status = server.admit(headers["authorization"])
      if (status !== 101) return yield* new SocketRefused({ status })
      server.opened++
      const connection: Connection = {
        frames: yield* Mailbox.make<string, SocketClosed>(),
        channels: new Set(),
        activity: 0
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => connections.add(connection)),
        () => Effect.sync(() => connections.delete(connection))
      )
      const whenOpen = (body: () => void) =>
        Effect.suspend(() => {
          if (!connections.has(connection)) return new SocketClosed({ code: 1006 })
          body()
          return Effect.void
        })
      return {
        send: (text) => whenOpen(() => answer(connection, Schema.decodeSync(ClientFrameJson)(text))),
        receive: Effect.catchTag(connection.frames.take, "NoSuchElementException", () =>
          new SocketClosed({ code: 1000 })),
        ping: whenOpen(() => {
          if (!server.frozen) {
            connection.activity++
          }
        }),
        activity: Effect.sync(() =>
          connection.activity
        )
      }
    })

  return {
    ...server,
    server,
    layer: Layer.succeed(MemoryServer, {
      handle: () => new ConnectionRefused(),
      connect: ({ headers }) => connect(headers)
    })
  }
}
