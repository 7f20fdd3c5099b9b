/**
 * One channel of one account: its sequence and what was sent lately, for those who come back.
 */
import { Option } from "effect"
import type { ChannelPosition } from "../../infrastructure/network/api/contract/RealtimeFrame.ts"

const bufferedMessages = 200
const bufferedBytes = 1024 * 1024

interface Sent {
  readonly sequence: number
  /** The whole frame, encoded once for all receivers. */
  readonly frame: string
}

export interface RealtimeChannel<Subscriber> {
  readonly epoch: string
  readonly subscribers: Set<Subscriber>
  sequence: number
  readonly buffer: Array<Sent>
  bytes: number
}

export const make = <Subscriber>(epoch: string): RealtimeChannel<Subscriber> => ({
  epoch,
  subscribers: new Set(),
  sequence: 0,
  buffer: [],
  bytes: 0
})

/** Keeps the frame for resuming; the oldest go beyond 200 frames or 1 MiB. */
export const append = <Subscriber>(channel: RealtimeChannel<Subscriber>, frame: string): void => {
  channel.buffer.push({ sequence: channel.sequence, frame })
  channel.bytes += frame.length
  while (channel.buffer.length > bufferedMessages || (channel.bytes > bufferedBytes && channel.buffer.length > 1)) {
    channel.bytes -= channel.buffer.shift()?.frame.length ?? 0
  }
}

/** Every frame sent after `position`; `none` when some of them are gone or the position is not of this channel. */
export const since = <Subscriber>(
  channel: RealtimeChannel<Subscriber>,
  position: ChannelPosition
): Option.Option<ReadonlyArray<string>> => {
  const missed = channel.sequence - position.sequence
  if (position.epoch !== channel.epoch || missed < 0 || missed > channel.buffer.length) return Option.none()
  return Option.some(channel.buffer.slice(channel.buffer.length - missed).map(({ frame }) => frame))
}
