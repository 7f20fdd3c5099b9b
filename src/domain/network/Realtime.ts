/**
 * Messages on named channels, while they happen.
 */
import { Context, Schema } from "effect"
import type { Effect, Stream } from "effect"
import type { SecretFailure } from "../storage/SecretFailure.ts"
import type { RemoteFailure } from "./RemoteFailure.ts"

/** `sequence` grows by one per channel; `Gap` says that messages between were lost for good and state must be read again. */
export const RealtimeMessage = Schema.Union(
  Schema.TaggedStruct("Message", { channel: Schema.String, sequence: Schema.Number, data: Schema.Unknown }),
  Schema.TaggedStruct("Gap", { channel: Schema.String })
)
export type RealtimeMessage = typeof RealtimeMessage.Type

export const RealtimeStatus = Schema.Literal("idle", "connecting", "open", "waiting")
export type RealtimeStatus = typeof RealtimeStatus.Type

export class Realtime extends Context.Tag("effect-strata/domain/network/Realtime")<
  Realtime,
  {
    /**
     * Messages from the moment the backend confirms the subscription, in order, without loss over reconnects; what
     * cannot be recovered is reported as `Gap`. All subscriptions share one connection, which reconnects by itself.
     * Fails only with what a reconnect cannot mend: `Unauthenticated`, `Forbidden`, `UpgradeRequired`.
     */
    readonly subscribe: (channel: string) => Stream.Stream<RealtimeMessage, RemoteFailure | SecretFailure>

    /** Returns when the backend has accepted the message; fails with `Offline` when there is no connection. */
    readonly publish: (channel: string, data: unknown) => Effect.Effect<void, RemoteFailure | SecretFailure>

    /** The current status, then each change. */
    readonly status: Stream.Stream<RealtimeStatus>
  }
>() {}
