/**
 * What every `Realtime` must do for one signed-in account. Not covered: cut connections, refused sessions, several
 * accounts.
 */
import { Chunk, Deferred, Effect, Fiber, Option, Stream } from "effect"
import { isDeepStrictEqual } from "node:util"
import { Realtime } from "../../domain/network/Realtime.ts"
import type { RealtimeMessage, RealtimeStatus } from "../../domain/network/Realtime.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** Lets fibers that were just forked come to where they wait. */
const settle = Effect.repeatN(Effect.yieldNow(), 100)

const reached = (wanted: RealtimeStatus) =>
  Effect.flatMap(
    Realtime,
    ({ status }) => status.pipe(Stream.filter((now) => now === wanted), Stream.take(1), Stream.runDrain)
  )

/** Collects `count` messages; the listener is there when this returns. */
const listen = (channel: string, count: number) =>
  Effect.gen(function*() {
    const { subscribe } = yield* Realtime
    const fiber = yield* Effect.forkScoped(Stream.runCollect(Stream.take(subscribe(channel), count)))
    yield* settle
    yield* reached("open")
    yield* settle
    return () => Effect.map(Fiber.join(fiber), Chunk.toReadonlyArray)
  })

const data = (messages: ReadonlyArray<RealtimeMessage>) =>
  messages.map((message) => message._tag === "Message" ? String(message.data) : "gap").join(",")

/** Whether no message is missing unless a gap says so. */
const honest = (messages: ReadonlyArray<RealtimeMessage>) => {
  let expected: number | undefined
  for (const message of messages) {
    if (message._tag === "Message" && expected !== undefined && message.sequence !== expected) return false
    expected = message._tag === "Message" ? message.sequence + 1 : undefined
  }
  return true
}

const publishAll = (channel: string, all: ReadonlyArray<unknown>) =>
  Effect.flatMap(Realtime, ({ publish }) => Effect.forEach(all, (each) => publish(channel, each), { discard: true }))

export const contract: Contract<Realtime> = {
  name: "Realtime",
  cases: [
    contractCase(
      "delivers what is published, in order and numbered",
      Effect.gen(function*() {
        const messages = yield* listen("a", 3)
        yield* publishAll("a", ["1", "2", "3"])
        const got = yield* messages()
        yield* ensure(data(got) === "1,2,3", `got ${data(got)}`)
        yield* ensure(honest(got), "sequences do not grow by one")
        yield* ensure(got.every(({ channel }) => channel === "a"), "a message names another channel")
      })
    ),
    contractCase(
      "keeps channels apart",
      Effect.gen(function*() {
        const here = yield* listen("here", 1)
        const there = yield* listen("there", 1)
        yield* publishAll("there", ["t"])
        yield* publishAll("here", ["h"])
        yield* ensure(
          data(yield* here()) === "h" && data(yield* there()) === "t",
          "a message came to the wrong channel"
        )
      })
    ),
    contractCase(
      "gives each message to each listener",
      Effect.gen(function*() {
        const first = yield* listen("a", 2)
        const second = yield* listen("a", 2)
        yield* publishAll("a", ["1", "2"])
        yield* ensure(data(yield* first()) === "1,2" && data(yield* second()) === "1,2", "a listener missed a message")
      })
    ),
    contractCase(
      "gives a listener nothing from before it came",
      Effect.gen(function*() {
        yield* publishAll("a", ["before"])
        const messages = yield* listen("a", 1)
        yield* publishAll("a", ["after"])
        yield* ensure(data(yield* messages()) === "after", "an old message was delivered")
      })
    ),
    contractCase(
      "goes on for those who stay",
      Effect.gen(function*() {
        const staying = yield* listen("a", 2)
        const leaving = yield* listen("a", 1)
        yield* publishAll("a", ["1"])
        yield* leaving()
        yield* settle
        yield* publishAll("a", ["2"])
        yield* ensure(data(yield* staying()) === "1,2", "a message was lost when another listener left")
      })
    ),
    contractCase(
      "can be listened to again",
      Effect.gen(function*() {
        const first = yield* listen("a", 1)
        yield* publishAll("a", ["1"])
        yield* first()
        yield* reached("idle")
        const second = yield* listen("a", 1)
        yield* publishAll("a", ["2"])
        yield* ensure(data(yield* second()) === "2", "the second listener got something else")
      })
    ),
    contractCase(
      "is idle without listeners and open with one",
      Effect.gen(function*() {
        const { status } = yield* Realtime
        const before = yield* Stream.runHead(status)
        yield* ensure(Option.contains(before, "idle"), "not idle at first")
        const messages = yield* listen("a", 1)
        yield* publishAll("a", ["1"])
        yield* messages()
        yield* reached("idle")
      })
    ),
    contractCase(
      "accepts messages that nobody listens to",
      publishAll("nobody", ["1"])
    ),
    contractCase(
      "hands over any JSON",
      Effect.gen(function*() {
        const value = { text: "päivää \u0000", list: [1, null, true], nested: { empty: {} } }
        const messages = yield* listen("a", 1)
        yield* publishAll("a", [value])
        const [message] = yield* messages()
        yield* ensure(
          message?._tag === "Message" && isDeepStrictEqual(message.data, value),
          "the data changed on the way"
        )
      })
    ),
    contractCase(
      "refuses what is not JSON",
      Effect.gen(function*() {
        const { publish } = yield* Realtime
        const failure = yield* Effect.flip(publish("a", 1n))
        yield* ensure(failure._tag === "Rejected", `failed with ${failure._tag}`)
      })
    ),
    contractCase(
      "tells a slow listener what it missed",
      Effect.gen(function*() {
        const { publish, subscribe } = yield* Realtime
        const awake = yield* Deferred.make<void>()
        const fiber = yield* subscribe("a").pipe(
          Stream.tap(() => Deferred.await(awake)),
          Stream.takeUntil((message) => message._tag === "Message" && message.data === "end"),
          Stream.runCollect,
          Effect.forkScoped
        )
        yield* settle
        yield* reached("open")
        yield* settle
        yield* publishAll("a", Array.from({ length: 600 }, (_, index) => String(index)))
        yield* Deferred.succeed(awake, undefined)
        const ending = yield* Effect.forkScoped(Effect.forever(Effect.zipRight(publish("a", "end"), settle)))
        const got = Chunk.toReadonlyArray(yield* Fiber.join(fiber))
        yield* Fiber.interrupt(ending)
        yield* ensure(honest(got), "messages are missing and no gap says so")
      })
    )
  ]
}
