/**
 * What every `PushNotifications` must do for one signed-in account, beside a backend that can be told to send. Not
 * covered: cut connections, restarts, several accounts.
 */
import { Chunk, Context, Effect, Fiber, Option, Stream } from "effect"
import { Topic } from "../../domain/push/PushMessage.ts"
import { PushNotifications } from "../../domain/push/PushNotifications.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** Makes the backend send; succeeds when it has the message. */
export class Sender extends Context.Tag("effect-strata/testing/contract/PushNotificationsContract/Sender")<
  Sender,
  { readonly send: (topic: Topic, title: string) => Effect.Effect<void> }
>() {}

const news = Topic.make("news")
const other = Topic.make("other")

const subscribed = Effect.gen(function*() {
  const push = yield* PushNotifications
  yield* push.register
  yield* push.subscribe(news)
  return push
})

const send = (topic: Topic, ...titles: ReadonlyArray<string>) =>
  Effect.flatMap(Sender, (sender) => Effect.forEach(titles, (title) => sender.send(topic, title), { discard: true }))

const receive = (count: number) =>
  Effect.flatMap(PushNotifications, ({ messages }) =>
    messages.pipe(
      Stream.take(count),
      Stream.runCollect,
      Effect.map((got) => Chunk.toReadonlyArray(got).map(({ title }) => title).join(","))
    ))

export const contract: Contract<PushNotifications | Sender> = {
  name: "PushNotifications",
  cases: [
    contractCase(
      "says so while it is not registered",
      Effect.gen(function*() {
        const push = yield* PushNotifications
        yield* ensure(Option.isNone(yield* push.registration), "there is a registration")
        const refused = [yield* Effect.flip(push.subscribe(news)), yield* Effect.flip(Stream.runDrain(push.messages))]
        yield* ensure(refused.every(({ _tag }) => _tag === "NotRegistered"), "failed with something else")
      })
    ),
    contractCase(
      "registers once",
      Effect.gen(function*() {
        const push = yield* PushNotifications
        const first = yield* push.register
        const second = yield* push.register
        const known = yield* push.registration
        yield* ensure(first.deviceId === second.deviceId, "the device got another name")
        yield* ensure(
          Option.exists(known, ({ deviceId }) => deviceId === first.deviceId),
          "the registration is not kept"
        )
      })
    ),
    contractCase(
      "subscribes a topic once and keeps the others",
      Effect.gen(function*() {
        const push = yield* subscribed
        yield* push.subscribe(other)
        const { topics } = yield* push.subscribe(news)
        yield* ensure(topics.toSorted().join(",") === "news,other", `the topics are ${topics.join(",")}`)
      })
    ),
    contractCase(
      "subscribes topics side by side",
      Effect.gen(function*() {
        const push = yield* subscribed
        yield* Effect.all([push.subscribe(other), push.subscribe(Topic.make("third"))], { concurrency: 2 })
        const topics = Option.map(yield* push.registration, (known) => known.topics.length)
        yield* ensure(Option.contains(topics, 3), "a topic got lost")
      })
    ),
    contractCase(
      "delivers in the order of sending, also what was sent while nobody listened",
      Effect.gen(function*() {
        yield* subscribed
        yield* send(news, "1", "2")
        const fiber = yield* Effect.forkScoped(receive(3))
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        yield* send(news, "3")
        const got = yield* Fiber.join(fiber)
        yield* ensure(got === "1,2,3", `got ${got}`)
      })
    ),
    contractCase(
      "delivers subscribed topics only",
      Effect.gen(function*() {
        yield* subscribed
        yield* send(other, "unwanted")
        yield* send(news, "wanted")
        const got = yield* receive(1)
        yield* ensure(got === "wanted", `got ${got}`)
      })
    ),
    contractCase(
      "delivers again what was not handled to its end, and nothing else",
      Effect.gen(function*() {
        yield* subscribed
        yield* send(news, "1", "2", "3")
        const first = yield* receive(2)
        const second = yield* receive(2)
        yield* ensure(first === "1,2" && second === "2,3", `got ${first} and then ${second}`)
      })
    ),
    contractCase(
      "gives messages to one receiver at a time",
      Effect.gen(function*() {
        yield* subscribed
        yield* send(news, "1", "2", "3")
        const got = yield* Effect.all([receive(2), receive(2)], { concurrency: 2 })
        yield* ensure(got.toSorted().join(" ") === "1,2 2,3", `got ${got.join(" and ")}`)
      })
    ),
    contractCase(
      "is connected while it receives",
      Effect.gen(function*() {
        const { status } = yield* subscribed
        const seen = yield* Effect.forkScoped(
          status.pipe(Stream.filter((now) => now !== "connecting"), Stream.take(3), Stream.runCollect)
        )
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        yield* send(news, "1")
        yield* receive(1)
        const got = Chunk.join(Chunk.map(yield* Fiber.join(seen), String), ",")
        yield* ensure(got === "disconnected,connected,disconnected", `the status was ${got}`)
      })
    ),
    contractCase(
      "forgets",
      Effect.gen(function*() {
        const push = yield* subscribed
        yield* send(news, "1")
        yield* push.unregister
        yield* push.unregister
        yield* ensure(Option.isNone(yield* push.registration), "there is still a registration")
        const failure = yield* Effect.flip(receive(1))
        yield* ensure(failure._tag === "NotRegistered", `receiving failed with ${failure._tag}`)
      })
    )
  ]
}
