import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import type { Scope } from "effect"
import type { PushFailure } from "../../../../src/domain/push/PushFailure.ts"
import { Topic } from "../../../../src/domain/push/PushMessage.ts"
import { PushNotifications } from "../../../../src/domain/push/PushNotifications.ts"
import { Busy } from "../../../../src/domain/storage/StorageFailure.ts"
import { pushMigration } from "../../../../src/infrastructure/services/push/PushMigration.ts"
import * as SsePushNotifications from "../../../../src/infrastructure/services/push/SsePushNotifications.ts"
import { LocalDatabase } from "../../../../src/infrastructure/storage/local/LocalDatabase.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as PushNotificationsContract from "../../../../src/testing/contract/PushNotificationsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import * as Apis from "../../network/Apis.ts"
import * as ScriptedTokens from "../../network/ScriptedTokens.ts"
import * as FakePushServer from "./FakePushServer.ts"

const database = () => SqliteLocalDatabase.layer({ filename: ":memory:", migrations: [{ ...pushMigration, id: 1 }] })

const layerOf = (server: ReturnType<typeof FakePushServer.make>, user?: () => string | undefined) =>
  SsePushNotifications.layer.pipe(
    Layer.provide(Apis.layer(server.layer, ScriptedTokens.make(user === undefined ? {} : { user }).layer))
  )

suite(
  PushNotificationsContract.contract,
  "event stream",
  Layer.unwrapEffect(Effect.sync(() => {
    const server = FakePushServer.make()
    const sender = Layer.succeed(PushNotificationsContract.Sender, {
      send: (topic, title) => Effect.sync(() => server.fake.send(topic, title))
    })
    return Layer.merge(layerOf(server), sender).pipe(Layer.provide(database()))
  }))
)

const news = Topic.make("news")
const now = TestClock.adjust("0 millis")

/** What is received, as it comes. */
const listen = Effect.gen(function*() {
  const { messages } = yield* PushNotifications
  const titles: Array<string> = []
  const fiber = yield* Effect.forkScoped(
    Effect.exit(Stream.runForEach(messages, ({ title }) => Effect.sync(() => void titles.push(title))))
  )
  yield* now
  return { fiber, titles }
})

/** Runs `body` for a device that wants news. */
const using = (
  body: (
    server: ReturnType<typeof FakePushServer.make>
  ) => Effect.Effect<void, PushFailure, PushNotifications | Scope.Scope>
) =>
  Effect.suspend(() => {
    const server = FakePushServer.make()
    return Effect.gen(function*() {
      const { register, subscribe } = yield* PushNotifications
      yield* register
      yield* subscribe(news)
      yield* body(server)
    }).pipe(Effect.provide(layerOf(server).pipe(Layer.provide(database()))))
  })

describe("SsePushNotifications", () => {
  it.scoped("loses and repeats nothing over cuts, also in the middle of a message", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        const { titles } = yield* listen
        const sent: Array<string> = []
        for (let cut = 0; cut < 13; cut++) {
          for (let each = 0; each < cut % 4; each++) {
            sent.push(`${cut}.${each}`)
            fake.send("news", `${cut}.${each}`)
          }
          if (cut % 3 === 0) yield* now
          fake.write("id: unfinished\ndata: {")
          if (cut % 2 === 0) fake.cut()
          else fake.end()
          yield* TestClock.adjust("61 seconds")
        }
        assert.deepStrictEqual(titles, sent)
      })
    ))

  it.scoped("does not open an account's messages again as another", () => {
    const server = FakePushServer.make()
    let user = "ada"
    return Effect.gen(function*() {
      const { register, subscribe } = yield* PushNotifications
      yield* register
      yield* subscribe(news)
      const { fiber } = yield* listen
      assert.strictEqual(server.fake.opened, 1)
      user = "grace"
      server.fake.end()
      yield* TestClock.adjust("61 seconds")
      const failure = yield* Effect.flip(yield* Fiber.join(fiber))
      assert.strictEqual(failure._tag, "Unauthenticated")
      assert.strictEqual(server.fake.lastEventIds.length, 1)
    }).pipe(Effect.provide(layerOf(server, () => user).pipe(Layer.provide(database()))))
  })

  it.scoped("goes on after the last handled message when the application starts again", () => {
    const server = FakePushServer.make()
    const device = layerOf(server)
    const first = Effect.gen(function*() {
      const { register, subscribe } = yield* PushNotifications
      yield* register
      yield* subscribe(news)
      for (const title of ["1", "2", "3"]) server.fake.send("news", title)
      const { fiber, titles } = yield* listen
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(titles, ["1", "2", "3"])
    }).pipe(Effect.provide(device))
    const second = Effect.gen(function*() {
      const { registration } = yield* PushNotifications
      assert.isTrue(Option.isSome(yield* registration))
      server.fake.send("news", "4")
      const { titles } = yield* listen
      assert.deepStrictEqual(titles, ["4"])
      assert.deepStrictEqual(server.fake.lastEventIds, [undefined, "m3"])
    }).pipe(Effect.provide(Layer.fresh(device)))
    return Effect.zipRight(first, second).pipe(Effect.provide(database()))
  })

  it.scoped("drops what the backend sends again", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        const { titles } = yield* listen
        fake.send("news", "1")
        fake.send("news", "2")
        yield* now
        const device = fake.devices.values().next().value
        for (const { text } of device?.messages ?? []) fake.write(text)
        fake.send("news", "3")
        yield* now
        assert.deepStrictEqual(titles, ["1", "2", "3"])
      })
    ))

  it.scoped("skips what cannot be read", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        const { titles } = yield* listen
        fake.write("id: x1\ndata: not JSON\n\nid: x2\ndata: {}\n\n")
        fake.send("news", "1")
        yield* now
        assert.deepStrictEqual(titles, ["1"])
      })
    ))

  it.scoped("takes a silent connection for dead, and one with keep-alives for alive", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        yield* listen
        for (let each = 0; each < 10; each++) {
          yield* TestClock.adjust("15 seconds")
          fake.write(": keep-alive\n\n")
        }
        assert.strictEqual(fake.opened, 1)
        yield* TestClock.adjust("37 seconds")
        assert.strictEqual(fake.opened, 1)
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual(fake.opened, 2)
        assert.strictEqual(fake.open(), 1)
      })
    ))

  it.scoped("keeps trying while the backend is away, ever less often", () =>
    using(({ fake, requests }) =>
      Effect.gen(function*() {
        const { titles } = yield* listen
        fake.reachable = false
        fake.cut()
        const before = requests.length
        yield* TestClock.adjust("10 minutes")
        assert.isAtMost(requests.length - before, 200)
        fake.reachable = true
        fake.send("news", "1")
        yield* TestClock.adjust("61 seconds")
        assert.deepStrictEqual(titles, ["1"])
      })
    ))

  it.scoped("ends when the backend has forgotten the device, and can be registered anew", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        const { register, registration } = yield* PushNotifications
        const before = yield* register
        const { fiber } = yield* listen
        fake.devices.clear()
        fake.cut()
        yield* TestClock.adjust("1 minute")
        const exit = yield* Fiber.join(fiber)
        assert.isTrue(exit._tag === "Failure" && exit.cause.toString().includes("NotRegistered"))
        assert.isTrue(Option.isNone(yield* registration))
        assert.notStrictEqual((yield* register).deviceId, before.deviceId)
      })
    ))

  it.scoped("ends when the session is over", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        const { fiber } = yield* listen
        fake.refuse = new Response("{}", { status: 401 })
        fake.cut()
        yield* TestClock.adjust("1 minute")
        const exit = yield* Fiber.join(fiber)
        assert.isTrue(exit._tag === "Failure" && exit.cause.toString().includes("Not signed in"))
      })
    ))

  it.scoped("closes its connection when nobody listens any more", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        const { fiber } = yield* listen
        assert.strictEqual(fake.open(), 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(fake.open(), 0)
      })
    ))

  it.scoped("keeps the registrations of accounts apart", () => {
    const server = FakePushServer.make()
    let user: string | undefined = "ada"
    return Effect.gen(function*() {
      const { register, registration } = yield* PushNotifications
      const ada = yield* register
      user = "bob"
      assert.isTrue(Option.isNone(yield* registration))
      assert.notStrictEqual((yield* register).deviceId, ada.deviceId)
      user = undefined
      assert.isTrue(Option.isNone(yield* registration))
      user = "ada"
      assert.strictEqual((yield* register).deviceId, ada.deviceId)
    }).pipe(Effect.provide(layerOf(server, () => user).pipe(Layer.provide(database()))))
  })

  it.scoped("keeps the registration until the backend could be told", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        const { register, registration, unregister } = yield* PushNotifications
        const { deviceId } = yield* register
        fake.reachable = false
        const fiber = yield* Effect.fork(Effect.either(unregister))
        yield* TestClock.adjust("1 minute")
        const told = yield* Fiber.join(fiber)
        assert.isTrue(told._tag === "Left" && told.left._tag === "Offline")
        assert.isTrue(Option.exists(yield* registration, (kept) => kept.deviceId === deviceId))
        fake.reachable = true
        yield* unregister
        assert.strictEqual(fake.devices.size, 0)
        assert.isTrue(Option.isNone(yield* registration))
      })
    ))

  it.scoped("forgets a device the backend does not know any more", () =>
    using(({ fake }) =>
      Effect.gen(function*() {
        const { registration, unregister } = yield* PushNotifications
        fake.devices.clear()
        yield* unregister
        assert.isTrue(Option.isNone(yield* registration))
      })
    ))

  it.scoped("says so when it cannot read whether there is a registration to take back", () => {
    const server = FakePushServer.make()
    let busy = false
    const contended = Layer.effect(
      LocalDatabase,
      Effect.map(LocalDatabase, (sound): typeof LocalDatabase.Service => ({
        ...sound,
        read: (query) => busy ? new Busy({ store: "local database", operation: "read" }) : sound.read(query)
      }))
    ).pipe(Layer.provide(database()))
    return Effect.gen(function*() {
      const { register, unregister } = yield* PushNotifications
      yield* register
      busy = true
      assert.strictEqual((yield* Effect.flip(unregister))._tag, "Busy")
      busy = false
      assert.strictEqual(server.fake.devices.size, 1)
    }).pipe(Effect.provide(layerOf(server).pipe(Layer.provide(contended))))
  })
})
