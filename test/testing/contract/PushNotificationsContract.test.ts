import { Effect, Layer, Option, Ref, Stream } from "effect"
import { PushNotifications } from "../../../src/domain/push/PushNotifications.ts"
import { DeviceId, Registration } from "../../../src/domain/push/Registration.ts"
import * as MemoryPushNotifications from "../../../src/infrastructure/services/push/MemoryPushNotifications.ts"
import { contract, Sender } from "../../../src/testing/contract/PushNotificationsContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof PushNotifications.Service

/** The memory adapter with one part replaced. */
const broken = (
  replace: (sound: Service) => Partial<Service>,
  times = 1
) => {
  const sender = Layer.effect(
    Sender,
    Effect.map(MemoryPushNotifications.PushSender, ({ send }) => ({
      send: (topic, title) => Effect.repeatN(Effect.asVoid(send(topic, title)), times - 1)
    }))
  )
  const push = Layer.effect(
    PushNotifications,
    Effect.map(PushNotifications, (sound) => ({ ...sound, ...replace(sound) }))
  )
  return Layer.merge(push, sender).pipe(Layer.provide(MemoryPushNotifications.layer))
}

const renamed = Effect.gen(function*() {
  const names = yield* Ref.make(0)
  return (registration: Registration) =>
    Effect.map(
      Ref.updateAndGet(names, (count) => count + 1),
      (count) => new Registration({ ...registration, deviceId: DeviceId.make(`device-${count}`) })
    )
})

bites(contract, "doubles messages", broken(() => ({}), 2))
bites(
  contract,
  "names the device anew",
  Layer.unwrapEffect(
    Effect.map(renamed, (rename) => broken((sound) => ({ register: Effect.flatMap(sound.register, rename) })))
  )
)
bites(contract, "keeps no registration", broken(() => ({ registration: Effect.succeedNone })))
bites(
  contract,
  "counts a message as handled when it is delivered",
  broken((sound) => ({ messages: Stream.buffer(sound.messages, { capacity: 16 }) }))
)
bites(
  contract,
  "waits for messages without a registration",
  broken((sound) => ({ messages: Stream.catchTag(sound.messages, "NotRegistered", () => Stream.empty) }))
)
bites(
  contract,
  "is always connected",
  broken(() => ({ status: Stream.make("connected" as const, "disconnected" as const, "connected" as const) }))
)
bites(
  contract,
  "forgets topics",
  broken((sound) => ({
    subscribe: (topic) =>
      Effect.map(sound.subscribe(topic), (known) => new Registration({ ...known, topics: [topic] })),
    registration: Effect.map(
      sound.registration,
      Option.map((known) => new Registration({ ...known, topics: known.topics.slice(-1) }))
    )
  }))
)
bites(contract, "cannot forget", broken(() => ({ unregister: Effect.void })))
