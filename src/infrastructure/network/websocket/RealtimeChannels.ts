/**
 * Who listens to which channel, and how far each channel has been read: what outlives a connection. Everything here is
 * synchronous, so that no message can slip in between.
 */
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import { Rejected } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Realtime.ts"
import type { ChannelPosition, ClientFrame, ServerFrame } from "../api/contract/RealtimeFrame.ts"
import type { RealtimeListener } from "./RealtimeListener.ts"

interface Channel {
  readonly name: string
  readonly listeners: Set<RealtimeListener>
  /** The last message handed on. */
  position: ChannelPosition | undefined
  /** The request that this connection has to confirm, or has confirmed. */
  ref: string
  joined: boolean
}

type Incoming<Tag> = Extract<ServerFrame, { readonly _tag: Tag }>

const gap = (channel: Channel, reason: "not_recovered" | "hole") => {
  Catalogue.gaps.update(1, { "strata.realtime.gap": reason })
  for (const listener of channel.listeners) listener.offer({ _tag: "Gap", channel: channel.name })
}

export const make = (nextRef: () => string) => {
  const channels = new Map<string, Channel>()

  const subscribe = (channel: Channel): ClientFrame => {
    channel.ref = nextRef()
    channel.joined = false
    return {
      _tag: "Subscribe",
      ref: channel.ref,
      channel: channel.name,
      ...(channel.position === undefined ? {} : { after: channel.position })
    }
  }

  const subscribed = ({ position, recovered, ref, ...frame }: Incoming<"Subscribed">) => {
    const channel = channels.get(frame.channel)
    if (channel === undefined || channel.ref !== ref) return
    const before = channel.position
    channel.joined = true
    channel.position = before !== undefined && recovered ? { ...before, epoch: position.epoch } : position
    if (before !== undefined && !recovered) gap(channel, "not_recovered")
  }

  const message = ({ data, sequence, ...frame }: Incoming<"Message">) => {
    const channel = channels.get(frame.channel)
    // Before the confirmation everything belongs to an earlier subscription; up to the position it is a repetition.
    if (channel?.position === undefined || !channel.joined || sequence <= channel.position.sequence) return
    if (sequence > channel.position.sequence + 1) gap(channel, "hole")
    channel.position = { ...channel.position, sequence }
    for (const listener of channel.listeners) {
      const taken = listener.offer({ _tag: "Message", channel: channel.name, sequence, data })
      if (!taken) Catalogue.gaps.update(1, { "strata.realtime.gap": "slow_listener" })
    }
  }

  const failed = ({ reason, ref }: Incoming<"Failed">) => {
    for (const channel of channels.values()) {
      if (channel.ref !== ref) continue
      for (const listener of channel.listeners) listener.fail(new Rejected({ issues: [`channel: ${reason}`] }))
    }
  }

  return {
    /** The request to send when this is the channel's first listener. */
    add: (name: string, listener: RealtimeListener): (() => ClientFrame) | undefined => {
      const known = channels.get(name)
      if (known !== undefined) {
        known.listeners.add(listener)
        return undefined
      }
      const channel = { name, listeners: new Set([listener]), position: undefined, ref: "", joined: false }
      channels.set(name, channel)
      return () => subscribe(channel)
    },

    /** The request to send when this was the channel's last listener. */
    remove: (name: string, listener: RealtimeListener): ClientFrame | undefined => {
      const channel = channels.get(name)
      channel?.listeners.delete(listener)
      if (channel === undefined || channel.listeners.size > 0) return undefined
      channels.delete(name)
      return { _tag: "Unsubscribe", ref: nextRef(), channel: name }
    },

    /** Requests for all channels, from where each has been read. */
    resubscribe: (): ReadonlyArray<ClientFrame> => Array.from(channels.values(), subscribe),

    /** Requests that have not been confirmed. */
    unconfirmed: (): ReadonlySet<string> =>
      new Set(Array.from(channels.values()).filter(({ joined }) => !joined).map(({ ref }) => ref)),

    received: (frame: ServerFrame) => {
      if (frame._tag === "Message") message(frame)
      else if (frame._tag === "Subscribed") subscribed(frame)
      else if (frame._tag === "Failed") failed(frame)
    },

    count: () => channels.size,

    fail: (failure: RemoteFailure | SecretFailure) => {
      for (const { listeners } of channels.values()) for (const listener of listeners) listener.fail(failure)
    },

    end: () => {
      for (const { listeners } of channels.values()) for (const listener of listeners) listener.end()
    }
  }
}
