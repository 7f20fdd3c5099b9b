/**
 * `PushNotifications` of a device and its backend within this process.
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Stream } from "effect"
import { NotRegistered } from "../../../domain/push/PushFailure.ts"
import { PushMessage, PushMessageId } from "../../../domain/push/PushMessage.ts"
import type { Topic } from "../../../domain/push/PushMessage.ts"
import { PushNotifications } from "../../../domain/push/PushNotifications.ts"
import type { PushStatus } from "../../../domain/push/PushNotifications.ts"
import { DeviceId, Registration } from "../../../domain/push/Registration.ts"
import * as CurrentValue from "../../network/api/CurrentValue.ts"

/** Messages the backend keeps for a device that is away; the oldest are lost first. */
const capacity = 1000

/** The other side: what a backend would send. */
export class PushSender
  extends Context.Tag("effect-strata/infrastructure/services/push/MemoryPushNotifications/PushSender")<
    PushSender,
    { readonly send: (topic: Topic, title: string) => Effect.Effect<PushMessage> }
  >()
{}

export const make = Effect.gen(function*() {
  const status = yield* CurrentValue.make<PushStatus>("disconnected")
  const receiving = yield* Effect.makeSemaphore(1)
  const arrived = yield* Effect.makeLatch(false)
  let registered: Registration | undefined
  let waiting: Array<PushMessage> = []
  let devices = 0
  let sent = 0

  const registration = Effect.suspend(() =>
    registered === undefined ? Effect.fail(new NotRegistered()) : Effect.succeed(registered)
  )

  const register = Effect.map(DateTime.now, (registeredAt) => {
    registered ??= new Registration({ deviceId: DeviceId.make(`memory-${++devices}`), topics: [], registeredAt })
    return registered
  })

  const subscribe = (topic: Topic) =>
    Effect.map(registration, (known) => {
      registered = known.topics.includes(topic)
        ? known
        : new Registration({ ...known, topics: [...known.topics, topic] })
      return registered
    })

  /** The oldest message that is not handled; it stays until the next one is wanted. */
  const next: Effect.Effect<PushMessage, NotRegistered> = Effect.suspend(() => {
    const [oldest] = waiting
    if (registered === undefined) return Effect.fail(new NotRegistered())
    if (oldest !== undefined) return Effect.succeed(oldest)
    arrived.unsafeClose()
    return Effect.zipRight(arrived.await, next)
  })

  const handled = (message: PushMessage) =>
    Effect.sync(() => {
      waiting = waiting.filter((each) => each !== message)
    })

  const messages = Stream.unwrapScoped(Effect.gen(function*() {
    yield* Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(restore(receiving.take(1)), Effect.addFinalizer(() => receiving.release(1)))
    )
    yield* registration
    yield* Effect.acquireRelease(status.set("connected"), () => status.set("disconnected"))
    return Stream.repeatEffect(next).pipe(
      Stream.flatMap((message) => Stream.concat(Stream.succeed(message), Stream.execute(handled(message))))
    )
  }))

  const unregister = Effect.suspend(() => {
    registered = undefined
    waiting = []
    return arrived.open
  })

  const send = (topic: Topic, title: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const id = PushMessageId.make(`message-${++sent}`)
      const message = new PushMessage({ id, topic, title, sentAt: DateTime.unsafeMake(now) })
      if (registered?.topics.includes(topic) !== true) return Effect.succeed(message)
      waiting = [...waiting, message].slice(-capacity)
      return Effect.as(arrived.open, message)
    })

  return Context.make(PushNotifications, {
    register,
    registration: Effect.sync(() => Option.fromNullable(registered)),
    subscribe,
    messages,
    status: status.values,
    unregister
  }).pipe(Context.add(PushSender, { send }))
})

export const layer: Layer.Layer<PushNotifications | PushSender> = Layer.effectContext(make)
