/**
 * `Realtime` within this process: what one party publishes, the listeners of the channel get.
 */
import { Effect, Layer, Schema, Stream } from "effect"
import { Realtime } from "../../../domain/network/Realtime.ts"
import type { RealtimeStatus } from "../../../domain/network/Realtime.ts"
import { Rejected } from "../../../domain/network/RemoteFailure.ts"
import { realtimeMaxFrameBytes } from "../api/contract/RealtimeFrame.ts"
import * as CurrentValue from "../api/CurrentValue.ts"
import * as RealtimeListener from "./RealtimeListener.ts"

interface Channel {
  sequence: number
  readonly listeners: Set<RealtimeListener.RealtimeListener>
}

const Json = Schema.parseJson(Schema.Unknown)

/** What the listeners of another process would get. */
const transmit = (data: unknown) =>
  Schema.encode(Json)(data).pipe(
    Effect.filterOrFail((text) => Buffer.byteLength(text) <= realtimeMaxFrameBytes, () => "TooLarge" as const),
    Effect.flatMap(Schema.decode(Json)),
    Effect.mapError((cause) => new Rejected({ issues: [cause === "TooLarge" ? "data: TooLarge" : "data: not JSON"] }))
  )

export const make = Effect.gen(function*() {
  const status = yield* CurrentValue.make<RealtimeStatus>("idle")
  const channels = new Map<string, Channel>()
  let demand = 0

  const channelOf = (name: string) => {
    const known = channels.get(name)
    if (known !== undefined) return known
    const channel: Channel = { sequence: 0, listeners: new Set() }
    channels.set(name, channel)
    return channel
  }

  const listen = (name: string) =>
    Effect.gen(function*() {
      const listener = yield* RealtimeListener.make(name)
      yield* Effect.acquireRelease(
        Effect.suspend(() => {
          channelOf(name).listeners.add(listener)
          demand++
          return status.set("open")
        }),
        () =>
          Effect.suspend(() => {
            channelOf(name).listeners.delete(listener)
            return --demand === 0 ? status.set("idle") : Effect.void
          })
      )
      return listener.messages
    })

  const publish = (name: string, data: unknown) =>
    Effect.map(transmit(data), (received) => {
      const channel = channelOf(name)
      const message = { _tag: "Message", channel: name, sequence: ++channel.sequence, data: received } as const
      for (const listener of channel.listeners) listener.offer(message)
    })

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const { listeners } of channels.values()) for (const listener of listeners) listener.end()
    })
  )

  return Realtime.of({ subscribe: (channel) => Stream.unwrapScoped(listen(channel)), publish, status: status.values })
})

export const layer: Layer.Layer<Realtime> = Layer.scoped(Realtime, make)
