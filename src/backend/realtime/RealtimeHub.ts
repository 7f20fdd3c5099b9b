/**
 * Who listens to which channel. Knows frames, not sockets: a transport hands in text and takes text out.
 */
import { Context, Deferred, Effect, Encoding, Layer, Option, Schema } from "effect"
import type { Scope } from "effect"
import { randomUUID } from "node:crypto"
import type { UserId } from "../../domain/auth/User.ts"
import { Crypto } from "../../domain/security/Crypto.ts"
import {
  ClientFrame,
  ClientFrameJson,
  realtimeCloseCodes,
  realtimeMaxFrameBytes,
  ServerFrameJson
} from "../../infrastructure/network/api/contract/RealtimeFrame.ts"
import type { ServerFrame } from "../../infrastructure/network/api/contract/RealtimeFrame.ts"
import type { Authenticated, SessionId } from "../store/SessionStore.ts"
import * as Channel from "./RealtimeChannel.ts"

/** The other end of a connection. Neither call waits: what a peer does not take is the transport's to bound. */
export interface RealtimePeer {
  readonly send: (text: string) => void
  readonly close: (code: number) => void
}

export class RealtimeHub extends Context.Tag("effect-strata/backend/realtime/RealtimeHub")<
  RealtimeHub,
  {
    /** Connects a peer until the scope closes; gives what to call with each text frame, one after the other. */
    readonly attach: (
      authenticated: Authenticated,
      peer: RealtimePeer
    ) => Effect.Effect<(text: string) => Effect.Effect<void>, never, Scope.Scope>

    /** To everybody of the account who listens now, and for a while to those who come back; gives the sequence. */
    readonly publish: (account: UserId, channel: string, data: unknown) => Effect.Effect<number>

    /** Closes the connections of a session that is over. */
    readonly disconnect: (session: SessionId) => Effect.Effect<void>
  }
>() {}

interface Connection extends Authenticated {
  readonly id: string
  readonly peer: RealtimePeer
  readonly channels: Map<string, Channel.RealtimeChannel<Connection>>
  readonly greeted: Deferred.Deferred<void>
}

const channelLimit = 1000
const channelsPerConnection = 100
const channelNameLimit = 100

const encode = Schema.encodeSync(ServerFrameJson)
const decode = Schema.decodeUnknownOption(ClientFrameJson)
const isHello = Schema.is(ClientFrame.members[0])

const send = (connection: Connection, frame: ServerFrame) => Effect.sync(() => connection.peer.send(encode(frame)))

const unsubscribe = (connection: Connection, name: string) => {
  connection.channels.get(name)?.subscribers.delete(connection)
  connection.channels.delete(name)
}

export const make = Effect.gen(function*() {
  const crypto = yield* Crypto
  const channels = new Map<string, Channel.RealtimeChannel<Connection>>()
  const connections = new Set<Connection>()

  const evict = () => {
    for (const [key, { subscribers }] of channels) {
      if (channels.size < channelLimit) return
      if (subscribers.size === 0) channels.delete(key)
    }
  }

  /** A channel that was forgotten comes back with a new epoch, so that nobody resumes into the wrong history. */
  const open = Effect.fnUntraced(function*(account: UserId, name: string) {
    const key = `${account}\u0000${name}`
    const epoch = Encoding.encodeBase64Url(yield* crypto.random(9))
    const channel = channels.get(key) ?? Channel.make<Connection>(epoch)
    channels.delete(key)
    evict()
    channels.set(key, channel)
    return channel
  })

  const publish = Effect.fnUntraced(function*(account: UserId, name: string, data: unknown) {
    const channel = yield* open(account, name)
    channel.sequence += 1
    const frame = encode({ _tag: "Message", channel: name, sequence: channel.sequence, data })
    Channel.append(channel, frame)
    for (const { peer } of channel.subscribers) peer.send(frame)
    return channel.sequence
  })

  const subscribe = Effect.fnUntraced(
    function*(connection: Connection, { after, channel: name, ref }: typeof ClientFrame.members[1]["Type"]) {
      if (connection.channels.size >= channelsPerConnection && !connection.channels.has(name)) {
        return yield* send(connection, { _tag: "Failed", ref, reason: "TooManyChannels" })
      }
      const channel = yield* open(connection.user.id, name)
      const missed = after === undefined ? Option.some([]) : Channel.since(channel, after)
      const head = { epoch: channel.epoch, sequence: channel.sequence }
      yield* send(connection, {
        _tag: "Subscribed",
        ref,
        channel: name,
        position: Option.isSome(missed) ? after ?? head : head,
        recovered: Option.isSome(missed)
      })
      for (const frame of Option.getOrElse(missed, () => [])) connection.peer.send(frame)
      channel.subscribers.add(connection)
      connection.channels.set(name, channel)
    }
  )

  const handle = (connection: Connection, frame: ClientFrame): Effect.Effect<void> => {
    switch (frame._tag) {
      case "Hello":
        return send(connection, { _tag: "Welcome", connection: connection.id })
      case "Subscribe":
        return subscribe(connection, frame)
      case "Unsubscribe":
        return Effect.suspend(() => {
          unsubscribe(connection, frame.channel)
          return send(connection, { _tag: "Unsubscribed", ref: frame.ref, channel: frame.channel })
        })
      case "Publish":
        return Effect.flatMap(
          publish(connection.user.id, frame.channel, frame.data),
          (sequence) => send(connection, { _tag: "Published", ref: frame.ref, sequence })
        )
    }
  }

  const receive = (connection: Connection) =>
    Effect.fnUntraced(function*(text: string) {
      if (Buffer.byteLength(text) > realtimeMaxFrameBytes) {
        return yield* send(connection, { _tag: "Failed", reason: "TooLarge" })
      }
      const frame = decode(text)
      if (!(yield* Deferred.isDone(connection.greeted))) {
        if (Option.isNone(frame) || !isHello(frame.value)) {
          return connection.peer.close(realtimeCloseCodes.badHello)
        }
        yield* Deferred.succeed(connection.greeted, undefined)
      }
      const isBad = Option.isNone(frame) || ("channel" in frame.value && frame.value.channel.length > channelNameLimit)
      yield* isBad ? send(connection, { _tag: "Failed", reason: "BadFrame" }) : handle(connection, frame.value)
    })

  return RealtimeHub.of({
    publish,

    attach: Effect.fnUntraced(function*(authenticated, peer) {
      const greeted = yield* Deferred.make<void>()
      const connection: Connection = { ...authenticated, id: randomUUID(), peer, channels: new Map(), greeted }
      yield* Effect.acquireRelease(
        Effect.sync(() => connections.add(connection)),
        () =>
          Effect.sync(() => {
            connections.delete(connection)
            for (const name of connection.channels.keys()) unsubscribe(connection, name)
          })
      )
      yield* Deferred.await(greeted).pipe(
        Effect.timeoutTo({
          duration: "10 seconds",
          onSuccess: () => undefined,
          onTimeout: () => connection.peer.close(realtimeCloseCodes.badHello)
        }),
        Effect.forkScoped
      )
      return receive(connection)
    }),

    disconnect: (session) =>
      Effect.sync(() => {
        for (const connection of connections) {
          if (connection.session === session) connection.peer.close(realtimeCloseCodes.sessionOver)
        }
      })
  })
})

/** Everything is in memory: after a restart channels have new epochs, and nobody recovers. */
export const layer: Layer.Layer<RealtimeHub, never, Crypto> = Layer.effect(RealtimeHub, make)
