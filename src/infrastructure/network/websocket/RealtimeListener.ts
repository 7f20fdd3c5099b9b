/**
 * What one listener of a channel has not read yet. A listener that is too slow loses messages and is told so.
 */
import { Effect, Exit, Mailbox, Option } from "effect"
import type { Stream } from "effect"
import type { RealtimeMessage } from "../../../domain/network/Realtime.ts"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"

/** Messages held for a listener. */
export const capacity = 256

export interface RealtimeListener {
  /** `false` when the message took the place of others that are lost now. */
  readonly offer: (message: RealtimeMessage) => boolean
  readonly fail: (failure: RemoteFailure | SecretFailure) => void
  readonly end: () => void
  readonly messages: Stream.Stream<RealtimeMessage, RemoteFailure | SecretFailure>
}

export const make = (channel: string): Effect.Effect<RealtimeListener> =>
  Effect.map(Mailbox.make<RealtimeMessage, RemoteFailure | SecretFailure>(), (mailbox) => {
    let overflowed = false
    return {
      offer: (message) => {
        const size = Option.getOrElse(mailbox.unsafeSize(), () => 0)
        // Until the gap has been read there is nothing to gain from what comes after it.
        if (overflowed && size > 0) return false
        overflowed = size >= capacity
        mailbox.unsafeOffer(overflowed ? { _tag: "Gap", channel } : message)
        return !overflowed
      },
      fail: (failure) => void mailbox.unsafeDone(Exit.fail(failure)),
      end: () => void mailbox.unsafeDone(Exit.void),
      messages: Mailbox.toStream(mailbox)
    }
  })
