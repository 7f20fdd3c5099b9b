/**
 * Messages the backend sends to this device, delivered at least once, also those sent while it was away.
 */
import { Context, Schema } from "effect"
import type { Effect, Option, Stream } from "effect"
import type { PushFailure } from "./PushFailure.ts"
import type { PushMessage, Topic } from "./PushMessage.ts"
import type { Registration } from "./Registration.ts"

/** Whether messages can arrive right now. */
export const PushStatus = Schema.Literal("disconnected", "connecting", "connected")
export type PushStatus = typeof PushStatus.Type

export class PushNotifications extends Context.Tag("effect-strata/domain/push/PushNotifications")<
  PushNotifications,
  {
    /** Makes this device known to the backend; again for a known device it changes nothing. */
    readonly register: Effect.Effect<Registration, PushFailure>

    readonly registration: Effect.Effect<Option.Option<Registration>, PushFailure>

    /** From now on messages of this topic arrive; idempotent. */
    readonly subscribe: (topic: Topic) => Effect.Effect<Registration, PushFailure>

    /**
     * Messages in the order they were sent, starting after the last one whose handling ended before, over restarts
     * too. A message counts as handled when the next one is pulled. Reconnects by itself; fails only when the
     * backend no longer accepts this device or session.
     */
    readonly messages: Stream.Stream<PushMessage, PushFailure>

    /** The current status, then each change. */
    readonly status: Stream.Stream<PushStatus>

    /**
     * Tells the backend, and forgets this device here once the backend does not know it any more. When it fails the
     * registration stays, and it can be done again. Without a registration, or a session, there is nothing to do.
     */
    readonly unregister: Effect.Effect<void, PushFailure>
  }
>() {}
