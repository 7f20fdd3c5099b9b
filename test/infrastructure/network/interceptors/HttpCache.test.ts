import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Either, Exit, Fiber, HashMap, Logger, TestClock } from "effect"
import { UserId } from "../../../../src/domain/auth/User.ts"
import { Cache } from "../../../../src/domain/storage/Cache.ts"
import * as ResponseStore from "../../../../src/infrastructure/network/api/cache/ResponseStore.ts"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import { using } from "../api/cache/CachedCalls.ts"

const url = "http://api.test/notes"
const get = (headers: Readonly<Record<string, string>> = {}) => HttpClientRequest.get(url, { headers })
const cacheable = (control: string, extra: Readonly<Record<string, string>> = {}) => ({
  headers: { "cache-control": control, ...extra },
  body: "answer"
})
const answers = (control: string) => () => cacheable(control)

const status = (response: HttpClientResponse) => response.headers["cache-status"] ?? ""

describe("a fresh answer", () => {
  it.effect("serves until its time is over, with its age, then is asked about and serves on after 304", () =>
    using(
      ({ request }) =>
        request.headers["if-none-match"] === "\"1\""
          ? { status: 304, headers: { "cache-control": "max-age=60", etag: "\"1\"", "x-new": "yes" } }
          : cacheable("max-age=60", { etag: "\"1\"" }),
      (send, exchanges) =>
        Effect.gen(function*() {
          assert.match(status(yield* send(get())), /^strata; fwd=uri-miss; stored$/)
          yield* TestClock.adjust("59 seconds")
          const hit = yield* send(get())
          assert.strictEqual(status(hit), "strata; hit; ttl=1")
          assert.strictEqual(hit.headers["age"], "59")
          assert.lengthOf(exchanges, 1)
          yield* TestClock.adjust("2 seconds")
          const confirmed = yield* send(get())
          assert.strictEqual(yield* confirmed.text, "answer")
          assert.strictEqual(confirmed.status, 200)
          assert.strictEqual(confirmed.headers["x-new"], "yes")
          assert.include(status(confirmed), "fwd=stale; fwd-status=304")
          assert.strictEqual((yield* send(get())).headers["x-new"], "yes")
          assert.lengthOf(exchanges, 2)
        })
    ))

  it.effect("serves HEAD without its body, and 304 to who has it", () =>
    using(answers("max-age=60"), (send, exchanges) =>
      Effect.gen(function*() {
        yield* send(get())
        const head = yield* send(HttpClientRequest.head(url))
        assert.strictEqual(yield* head.text, "")
        assert.strictEqual(head.status, 200)
        const known = yield* send(get({ "if-none-match": "*" }))
        assert.strictEqual(known.status, 304)
        assert.lengthOf(exchanges, 1)
      })))

  it.effect("is not given to requests for parts, streams, or with credentials of the caller's own, nor where the policy says", () =>
    using(answers("max-age=60"), (send, exchanges) =>
      Effect.gen(function*() {
        yield* send(get())
        yield* send(get({ range: "bytes=0-1" }))
        yield* send(get({ accept: "text/event-stream" }))
        yield* send(get({ authorization: "Bearer other" }))
        yield* send(get({ "cache-control": "no-store" }))
        yield* send(get(), { endpoint: { cache: "no-store" } })
        assert.lengthOf(exchanges, 6)
      })))

  it.effect("is kept apart by the fields that it varies by", () =>
    using(
      ({ request }) => ({ ...cacheable("max-age=60", { vary: "X-Lang" }), body: request.headers["x-lang"] ?? "" }),
      (
        send,
        exchanges
      ) =>
        Effect.gen(function*() {
          for (const lang of ["de", "en", "de", "en"]) {
            assert.strictEqual(yield* (yield* send(get({ "x-lang": lang }))).text, lang)
          }
          assert.lengthOf(exchanges, 2)
        })
    ))

  it.effect("is all that `only-if-cached` gives", () =>
    using(answers("max-age=60"), (send, exchanges) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* send(get({ "cache-control": "only-if-cached" }))).status, 504)
        yield* send(get())
        assert.strictEqual((yield* send(get({ "cache-control": "only-if-cached" }))).status, 200)
        assert.lengthOf(exchanges, 1)
      })))
})

describe("a stale answer", () => {
  it.effect("serves at once while one request in the background replaces it (stale-while-revalidate)", () =>
    using(
      ({ number }) => ({
        ...cacheable("max-age=10, stale-while-revalidate=60"),
        body: String(number),
        latency: "1 second"
      }),
      (send, exchanges) =>
        Effect.gen(function*() {
          const first = yield* Effect.fork(send(get()))
          yield* TestClock.adjust("1 second")
          yield* first
          yield* TestClock.adjust("20 seconds")
          for (let each = 0; each < 10; each++) assert.strictEqual(yield* (yield* send(get())).text, "1")
          yield* TestClock.adjust("1 second")
          assert.lengthOf(exchanges, 2)
          assert.strictEqual(yield* (yield* send(get())).text, "2")
          assert.lengthOf(exchanges, 2)
        })
    ))

  it.effect("serves instead of a server error as long as it says (stale-if-error)", () =>
    using(
      ({ number }) => number === 1 ? cacheable("max-age=10, stale-if-error=60") : { status: 503 },
      (send) =>
        Effect.gen(function*() {
          yield* send(get())
          yield* TestClock.adjust("69 seconds")
          const stale = yield* send(get())
          assert.strictEqual(stale.status, 200)
          assert.include(status(stale), "detail=error")
          yield* TestClock.adjust("2 seconds")
          assert.strictEqual((yield* send(get())).status, 503)
        })
    ))

  for (const control of ["max-age=10", "no-cache", "max-age=10, must-revalidate"]) {
    it.effect(`${control === "max-age=10" ? "serves" : "does not serve"} offline with ${control}`, () =>
      using(() => cacheable(control, { etag: "\"1\"" }), (send, exchanges, line) =>
        Effect.gen(function*() {
          yield* send(get())
          yield* TestClock.adjust("1 day")
          line.cut = true
          const exit = yield* Effect.exit(send(get()))
          assert.strictEqual(Exit.isSuccess(exit), control === "max-age=10")
          if (Exit.isSuccess(exit)) assert.include(status(exit.value), "detail=offline")
          assert.lengthOf(exchanges, 1)
        })))
  }
})

describe("identical requests", () => {
  it.effect("are one, also when the one who asked first gives up", () =>
    using(() => ({ ...cacheable("max-age=60"), latency: "1 second" }), (send, exchanges) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.replicateEffect(Effect.fork(send(get())), 100)
        yield* TestClock.adjust("500 millis")
        const [leader, ...others] = fibers
        if (leader !== undefined) yield* Fiber.interrupt(leader)
        yield* TestClock.adjust("500 millis")
        const got = yield* Effect.all(others.map(Fiber.join))
        assert.isTrue(got.every(({ status: code }) => code === 200))
        assert.lengthOf(exchanges, 1)
      })))

  it.effect("end with the last who waits, and leave nothing", () =>
    using(({ number }) => ({ ...cacheable("max-age=60"), ...(number === 1 ? { never: "head" as const } : {}) }), (
      send,
      exchanges
    ) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.replicateEffect(Effect.fork(send(get())), 3)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interruptAll(fibers)
        assert.deepStrictEqual(exchanges.map(({ outcome }) => outcome), ["interrupted"])
        assert.strictEqual((yield* send(get())).status, 200)
      })))

  it.effect("get answers of their own when those are for one request only", () =>
    using(
      () => ({ headers: { "cache-control": "no-store" }, latency: "1 second" }),
      (send, exchanges) =>
        Effect.gen(function*() {
          const fibers = yield* Effect.replicateEffect(Effect.fork(send(get())), 5)
          yield* TestClock.adjust("3 seconds")
          yield* Effect.all(fibers.map(Fiber.join))
          assert.lengthOf(exchanges, 5)
        })
    ))

  it.effect("wait no longer than their own calls have", () =>
    using(() => ({ ...cacheable("max-age=60"), latency: "10 seconds" }), (send) =>
      Effect.gen(function*() {
        const leader = yield* Effect.fork(send(get()))
        yield* TestClock.adjust("1 second")
        const other = yield* Effect.fork(Effect.flip(send(get(), { total: 2000 })))
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* other)._tag, "DeadlineExceeded")
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* leader).status, 200)
      })))

  it.effect("wait for none that is less urgent", () =>
    using(
      ({ number }) => ({ ...cacheable("max-age=60"), ...(number === 1 ? { reset: true } : {}), latency: "1 second" }),
      (send, exchanges) =>
        Effect.gen(function*() {
          const [low, ...others] = yield* Effect.forEach(
            ["low", "high", "normal", "high", "low"] as const,
            (priority) => Effect.fork(Effect.either(send(get(), { options: { priority } })))
          )
          yield* TestClock.adjust("1 second")
          assert.isTrue(low !== undefined && Either.isLeft(yield* low))
          assert.isTrue((yield* Effect.all(others.map(Fiber.join))).every(Either.isRight))
          assert.lengthOf(exchanges, 2)
        })
    ))
})

describe("a change", () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH"] as const) {
    it.effect(`by ${method} removes the answers of its URL, and of those it names`, () =>
      using(
        ({ request }) =>
          request.method === "GET"
            ? cacheable("max-age=60")
            : { headers: { location: "/a", "content-location": "http://other.test/b" } },
        (send, exchanges) =>
          Effect.gen(function*() {
            const read = Effect.forEach(
              [url, "http://api.test/a", "http://other.test/b"],
              (each) => send(HttpClientRequest.get(each))
            )
            yield* read
            yield* send(HttpClientRequest.make(method)(url))
            yield* read
            assert.deepStrictEqual(
              exchanges.slice(4).map(({ request }) => request.url),
              [url, "http://api.test/a"]
            )
          })
      ))
  }

  it.effect("outdates what was asked for before it, and nothing when it failed", () =>
    using(
      ({ number, request }) =>
        request.method === "POST"
          ? { status: number === 2 ? 200 : 500 }
          : { ...cacheable("max-age=60"), latency: number === 1 ? "1 second" : 0 },
      (send, exchanges) =>
        Effect.gen(function*() {
          const early = yield* Effect.fork(send(get()))
          yield* TestClock.adjust("500 millis")
          yield* send(HttpClientRequest.post(url))
          yield* TestClock.adjust("500 millis")
          yield* early
          yield* send(get())
          yield* send(get())
          yield* send(HttpClientRequest.post(url))
          yield* send(get())
          const reads = exchanges.filter(({ request }) => request.method === "GET")
          assert.lengthOf(reads, 2)
        })
    ))
})

describe("a cache that is broken", () => {
  const dies = Effect.die("the disk is gone")
  it.effect("is no reason for a call to fail", () =>
    using(answers("max-age=60"), (send, exchanges) =>
      Effect.gen(function*() {
        for (let each = 0; each < 3; each++) assert.strictEqual((yield* send(get())).status, 200)
        assert.strictEqual((yield* send(HttpClientRequest.post(url))).status, 200)
        assert.lengthOf(exchanges, 4)
      }), (cache) => ({ ...cache, get: () => dies, set: () => dies, removeTag: () => dies })))

  it.effect("is no reason for a logout to fail, and is told without a name and what broke", () =>
    Effect.gen(function*() {
      const cache = yield* Cache
      const lines: Array<string> = []
      const logger = Logger.make(({ annotations, cause, logLevel, message }) => {
        const more = [...HashMap.entries(annotations)].join()
        lines.push(`${logLevel.label} ${String(message)} ${more} ${Cause.pretty(cause)}`)
      })
      const exit = yield* ResponseStore.purge({ ...cache, removeTag: () => dies }, UserId.make("ada")).pipe(
        Effect.exit,
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.lengthOf(lines, 1)
      assert.match(lines[0] ?? "", /^WARN .*cache.* could not be removed/)
      assert.notMatch(lines[0] ?? "", /ada|disk/)
    }).pipe(Effect.provide(MemoryCache.layer)))
})
