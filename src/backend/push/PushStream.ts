/**
 * The messages of one device as Server-Sent Events (WHATWG HTML, section 9.2): first what waits, then what comes, with
 * a comment line whenever nothing else was sent for a while.
 */
import { Chunk, DateTime, Duration, Effect, Option, Queue, Schema, Stream } from "effect"
import type { UserId } from "../../domain/auth/User.ts"
import { PushMessage } from "../../domain/push/PushMessage.ts"
import type { PushMessageId } from "../../domain/push/PushMessage.ts"
import type { DeviceId } from "../../domain/push/Registration.ts"
import { PushEventData, pushKeepAliveSeconds } from "../../infrastructure/network/api/contract/DevicesApi.ts"
import * as SealedText from "../SealedText.ts"
import type { StoredMessage } from "../store/DeviceStore.ts"
import { DeviceStore } from "../store/DeviceStore.ts"
import type { SessionId } from "../store/SessionStore.ts"
import { SessionStore } from "../store/SessionStore.ts"

interface Subscription {
  readonly account: UserId
  readonly device: DeviceId
  readonly session: SessionId
  readonly after: Option.Option<PushMessageId>
}

const encode = Schema.encodeSync(PushEventData)
const page = 50

/** Ends when the device or the session is gone, within one keep-alive interval; a client that reconnects learns why. */
export const make = Effect.gen(function*() {
  const devices = yield* DeviceStore
  const sessions = yield* SessionStore
  const title = yield* SealedText.make("backend.push", Schema.String)

  const toEvent = (account: UserId) => (message: StoredMessage) =>
    Effect.map(title.open(account, message.id, message.sealedTitle), (opened) => {
      const { id, sentAt, topic } = message
      const data = encode(new PushMessage({ id, topic, title: opened, sentAt: DateTime.unsafeMake(sentAt) }))
      return `id: ${id}\ndata: ${data}\n\n`
    })

  return ({ account, after, device, session }: Subscription): Stream.Stream<Uint8Array> => {
    const events = Effect.gen(function*() {
      const signs = yield* devices.signs
      const first = Option.isSome(after) ? yield* devices.sequenceOf(account, device, after.value) : 0

      const step = Effect.fnUntraced(function*(sequence: number) {
        const alive = (yield* sessions.isAlive(session)) && (yield* devices.isRegistered(account, device))
        if (!alive) return [Chunk.empty<string>(), Option.none<number>()] as const
        const messages = yield* devices.after(account, device, sequence, page)
        const last = messages.at(-1)
        if (last !== undefined) {
          const lines = yield* Effect.forEach(messages, toEvent(account))
          return [Chunk.fromIterable(lines), Option.some(last.sequence)] as const
        }
        const sign = yield* Effect.timeoutOption(Queue.take(signs), Duration.seconds(pushKeepAliveSeconds))
        return [
          Option.isNone(sign) ? Chunk.of(": keep-alive\n\n") : Chunk.empty<string>(),
          Option.some(sequence)
        ] as const
      })

      return Stream.paginateChunkEffect(first, step)
    })
    return Stream.succeed(": connected\n\n").pipe(
      Stream.concat(Stream.unwrapScoped(events)),
      Stream.catchAll((failure) =>
        Stream.execute(
          Effect.logError(`A push stream ended: ${failure.message}`).pipe(
            Effect.annotateLogs("error.type", failure._tag)
          )
        )
      ),
      Stream.encodeText
    )
  }
})
