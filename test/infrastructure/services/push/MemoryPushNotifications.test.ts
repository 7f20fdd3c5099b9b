import { Effect, Layer } from "effect"
import * as MemoryPushNotifications from "../../../../src/infrastructure/services/push/MemoryPushNotifications.ts"
import * as PushNotificationsContract from "../../../../src/testing/contract/PushNotificationsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const sender = Layer.effect(
  PushNotificationsContract.Sender,
  Effect.map(
    MemoryPushNotifications.PushSender,
    ({ send }) => ({ send: (topic, title) => Effect.asVoid(send(topic, title)) })
  )
)

suite(PushNotificationsContract.contract, "memory", Layer.provideMerge(sender, MemoryPushNotifications.layer))
