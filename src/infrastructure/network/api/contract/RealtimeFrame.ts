/**
 * The frames of the realtime WebSocket at `/v2/realtime`: one JSON object per text frame. The upgrade request carries
 * the bearer token; liveness is WebSocket ping and pong (RFC 6455, section 5.5). Channels belong to the account.
 */
import { Schema } from "effect"

export const realtimePath = "/v2/realtime"

/** A position in a channel; sequences of different epochs cannot be compared. */
export const ChannelPosition = Schema.Struct({ epoch: Schema.String, sequence: Schema.NonNegativeInt })
export type ChannelPosition = typeof ChannelPosition.Type

/** `ref` comes back in the answer. `after` asks for what was missed since that position. */
export const ClientFrame = Schema.Union(
  Schema.TaggedStruct("Hello", { protocol: Schema.Literal(1) }),
  Schema.TaggedStruct("Subscribe", {
    ref: Schema.String,
    channel: Schema.String,
    after: Schema.optional(ChannelPosition)
  }),
  Schema.TaggedStruct("Unsubscribe", { ref: Schema.String, channel: Schema.String }),
  Schema.TaggedStruct("Publish", { ref: Schema.String, channel: Schema.String, data: Schema.Unknown })
)
export type ClientFrame = typeof ClientFrame.Type

/**
 * `Subscribed` comes before any message of its channel and its `position` is where the channel continues: the next
 * message is `position.sequence + 1`. `recovered` says that nothing since `after` is lost; it is true when `after` was
 * not given. `Failed` answers a frame that could not be carried out.
 */
export const ServerFrame = Schema.Union(
  Schema.TaggedStruct("Welcome", { connection: Schema.String }),
  Schema.TaggedStruct("Subscribed", {
    ref: Schema.String,
    channel: Schema.String,
    position: ChannelPosition,
    recovered: Schema.Boolean
  }),
  Schema.TaggedStruct("Unsubscribed", { ref: Schema.String, channel: Schema.String }),
  Schema.TaggedStruct("Published", { ref: Schema.String, sequence: Schema.NonNegativeInt }),
  Schema.TaggedStruct("Message", { channel: Schema.String, sequence: Schema.NonNegativeInt, data: Schema.Unknown }),
  Schema.TaggedStruct("Failed", {
    ref: Schema.optional(Schema.String),
    reason: Schema.Literal("BadFrame", "TooLarge", "TooManyChannels")
  })
)
export type ServerFrame = typeof ServerFrame.Type

/**
 * Close codes of the backend beside those of RFC 6455: no `Hello` as the first frame within 10 seconds; the session
 * is over, so reconnecting answers 401; more than 1 MiB waited for a client that does not read (try again later).
 */
export const realtimeCloseCodes = { badHello: 4400, sessionOver: 4401, slowConsumer: 1013 } as const

/** Largest frame either side accepts, in bytes. */
export const realtimeMaxFrameBytes = 1_048_576

export const ClientFrameJson = Schema.parseJson(ClientFrame)
export const ServerFrameJson = Schema.parseJson(ServerFrame)
