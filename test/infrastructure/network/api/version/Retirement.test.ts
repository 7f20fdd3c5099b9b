import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe } from "@effect/vitest"
import { Effect, Either, Option, Stream, TestClock } from "effect"
import { VersionRetired } from "../../../../../src/infrastructure/network/api/ApiError.ts"
import { defaults } from "../../../../../src/infrastructure/network/api/ApiPolicy.ts"
import { OriginStates } from "../../../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as ApiVersions from "../../../../../src/infrastructure/network/api/version/ApiVersions.ts"
import * as VersionNotices from "../../../../../src/infrastructure/network/api/version/VersionNotices.ts"
import * as Redirect from "../../../../../src/infrastructure/network/interceptors/Redirect.ts"
import * as Version from "../../../../../src/infrastructure/network/interceptors/Version.ts"
import type { Step } from "../../../../../src/testing/ScriptedTransport.ts"
import * as Fused from "../../Fused.ts"
import {
  current,
  day,
  deprecation,
  devices,
  get,
  old,
  serving,
  status,
  sunsetAt,
  test,
  text,
  versions
} from "../../VersionedBackend.ts"

describe("Retirement", () => {
  test("no call fails when the sunset passes during the run, and it is told once a day", () =>
    Effect.gen(function*() {
      const ending = 40 * day
      let now = 0
      const headers = { deprecation, sunset: sunsetAt(ending) }
      const { asked, send } = yield* serving({
        // The newer version comes on the last day of the old one.
        v2: () => now < ending ? status(404) : current,
        v1: () => now < ending ? { ...old, headers } : status(410, headers)
      })
      const told: Array<string> = []
      const notices = yield* VersionNotices.VersionNotices
      yield* Effect.fork(Stream.runForEach(notices.notices, ({ urgency }) => Effect.sync(() => told.push(urgency))))
      yield* Effect.yieldNow()
      for (; now < 50 * day; now += day / 2) {
        yield* TestClock.setTime(now)
        for (const answer of yield* Effect.all([send(), send(), send()])) {
          assert.strictEqual(answer.status, 200)
          assert.strictEqual(yield* text(answer), current.body)
        }
      }
      assert.strictEqual(asked.at(-1), "v2")
      assert.isFalse(asked.slice(-5 * 6).includes("v1"))
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      const days = (word: string) => told.filter((each) => each === word).length
      assert.strictEqual(days("deprecated"), 11)
      assert.strictEqual(days("ending"), 29)
      assert.isAtMost(days("ended"), 1)
      assert.strictEqual(days("malformed"), 0)
    }))

  test("a 404 after the announced sunset is VersionRetired, before it is not, however long nobody asked", () =>
    Effect.gen(function*() {
      const { sendPlain } = yield* serving({
        v2: ({ number }) => number === 1 ? { ...current, headers: { sunset: sunsetAt(day) } } : status(404)
      })
      yield* sendPlain()
      assert.strictEqual((yield* sendPlain()).status, 404)
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* Effect.flip(sendPlain()), new VersionRetired({ version: "v2" }))
    }))

  test("what is announced of one resource outside the wire contract is not said of another", () =>
    Effect.gen(function*() {
      const notices = yield* VersionNotices.VersionNotices
      const told: Array<string | undefined> = []
      yield* Effect.fork(Stream.runForEach(notices.notices, ({ template }) => Effect.sync(() => told.push(template))))
      yield* Effect.yieldNow()
      const { send } = Fused.make(
        [Version.make(defaults, notices)],
        ({ request }) =>
          request.url.endsWith("/orders/1") ? status(404) : { ...current, headers: { sunset: sunsetAt(day) } }
      )
      const read = (resource: "/people" | "/orders" | "/bills") =>
        send(HttpClientRequest.get(`${Fused.origin}/v2${resource}/1`), {
          options: { versions: ApiVersions.make(versions, { resource, strategy: "path" }) }
        })
      yield* read("/people")
      yield* read("/bills")
      yield* TestClock.adjust("2 days")
      assert.strictEqual((yield* read("/orders")).status, 404)
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      assert.deepStrictEqual(told, ["/people", "/bills"])
    }))

  test("another origin, which a redirection leads to, says nothing about versions", () =>
    Effect.gen(function*() {
      const notices = yield* VersionNotices.VersionNotices
      const told: Array<string> = []
      yield* Effect.fork(Stream.runForEach(notices.notices, ({ urgency }) => Effect.sync(() => told.push(urgency))))
      yield* Effect.yieldNow()
      for (const answer of [status(404), status(410), { ...current, headers: { sunset: sunsetAt(day) } }]) {
        const { exchanges, send } = Fused.make(
          [Version.make(defaults, notices), Redirect.make(yield* OriginStates)],
          ({ request }) =>
            request.url.startsWith(Fused.origin) ? status(302, { location: "http://cdn.test/file" }) : answer
        )
        for (const options of [{ versions: devices }, {}]) {
          assert.strictEqual((yield* send(get, { options })).status, answer.status ?? 200)
        }
        assert.lengthOf(exchanges, 4)
      }
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      assert.deepStrictEqual(told, [])
    }))

  test("what was announced can be taken back", () =>
    Effect.gen(function*() {
      const { sendPlain } = yield* serving({
        v2: ({ number }) =>
          number === 1 ? { ...current, headers: { sunset: sunsetAt(day) } } : number === 2 ? current : status(404)
      })
      yield* sendPlain()
      yield* sendPlain()
      yield* TestClock.adjust("2 days")
      assert.strictEqual((yield* sendPlain()).status, 404)
    }))

  test("a 410 of a call without versions is VersionRetired only where an end was announced", () =>
    Effect.gen(function*() {
      const silent = yield* serving({ v2: () => status(410) })
      assert.strictEqual((yield* silent.sendPlain()).status, 410)
      const announced = yield* serving({ v2: () => status(410, { deprecation }) })
      assert.instanceOf(yield* Effect.flip(announced.sendPlain()), VersionRetired)
    }))

  test("failOnSunset fails calls to a version that has ended, or ends within what it says", () =>
    Effect.gen(function*() {
      const headers = { deprecation, sunset: sunsetAt(10 * day) }
      const answers = { v2: (): Step => ({ ...current, headers }) }
      const off = yield* serving(answers)
      const past = yield* serving(answers, { policy: { failOnSunset: 0 } })
      const near = yield* serving(answers, { policy: { failOnSunset: "7 days" } })
      const calls = [off, past, near].flatMap(({ send, sendPlain }) => [send(), sendPlain()])
      const failed = Effect.map(
        Effect.forEach(calls, Effect.either),
        (results) => results.map((result) => Either.isLeft(result) && result.left instanceof VersionRetired)
      )
      assert.deepStrictEqual(yield* failed, [false, false, false, false, false, false])
      yield* TestClock.adjust("4 days")
      assert.deepStrictEqual(yield* failed, [false, false, false, false, true, true])
      yield* TestClock.adjust("6 days")
      assert.deepStrictEqual(yield* failed, [false, false, true, true, true, true])
    }))

  test("without lifecycle nothing is told or failed, and versions still stand in for each other", () =>
    Effect.gen(function*() {
      const notices = yield* VersionNotices.VersionNotices
      const listening = yield* Effect.fork(Stream.runHead(notices.notices))
      yield* Effect.yieldNow()
      const { send } = yield* serving({
        v2: () => status(404),
        v1: () => ({ ...old, headers: { deprecation, sunset: sunsetAt(0) } })
      }, { policy: { lifecycle: false, failOnSunset: 0 } })
      assert.strictEqual((yield* send()).status, 200)
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      assert.isTrue(Option.isNone(yield* listening.poll))
    }))

  test("malformed headers are ignored with one notice a day", () =>
    Effect.gen(function*() {
      const notices = yield* VersionNotices.VersionNotices
      const told: Array<string> = []
      yield* Effect.fork(Stream.runForEach(notices.notices, ({ malformed, urgency }) =>
        Effect.sync(() =>
          told.push(`${urgency}: ${malformed.join(" ")}`)
        )))
      yield* Effect.yieldNow()
      const { sendPlain } = yield* serving({
        v2: () => ({ ...current, headers: { deprecation: "true", sunset: "soon", link: "nowhere" } })
      }, { policy: { failOnSunset: 0 } })
      for (let each = 0; each < 3; each++) {
        assert.strictEqual((yield* sendPlain()).status, 200)
      }
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      assert.deepStrictEqual(told, ["malformed: deprecation sunset link"])
    }))
})
