import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Random } from "effect"
import { parseItem } from "structured-headers"
import { EventClock } from "../EventClock.ts"
import * as Loop from "./Loop.ts"

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const post = (body = "{}", path = "/charges") =>
  HttpClientRequest.post(`${Loop.url}${path}`).pipe(HttpClientRequest.bodyText(body))

const keysOf = ({ exchanges }: ReturnType<typeof Loop.scripted>) =>
  exchanges.map(({ request }) => request.headers["idempotency-key"])

describe("IdempotencyKey", () => {
  it.effect("all attempts of a call carry one key, and each call its own", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(({ number }) => number % 4 === 0 ? {} : { reset: true })
      const call = loop.call(post(), { endpoint: { idempotencyKey: "raw" } })
      yield* Effect.zipRight(call, call).pipe(Loop.inVirtualTime())
      const [one, two] = [keysOf(loop).slice(0, 4), keysOf(loop).slice(4)]
      assert.strictEqual(two.length, 4)
      assert.strictEqual(new Set(one).size, 1)
      assert.strictEqual(new Set(two).size, 1)
      assert.notStrictEqual(one[0], two[0])
      assert.match(one[0] ?? "", uuid)
    }))

  it.effect("an endpoint can ask for an RFC 9651 string", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({}))
      yield* loop.call(post(), { endpoint: { idempotencyKey: "structured" } })
      const own = "a\"b\\c"
      yield* loop.call(post(), { endpoint: { idempotencyKey: "structured" }, options: { idempotencyKey: own } })
      const [first, second] = keysOf(loop)
      assert.match(String(parseItem(first ?? "")[0]), uuid)
      assert.strictEqual(parseItem(second ?? "")[0], own)
    }))

  it.effect("nothing is sent with an endpoint that does not ask for keys, unless the caller has one, for any method", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({}))
      yield* loop.call(post())
      for (const method of ["POST", "PATCH", "DELETE", "GET"] as const) {
        const request = HttpClientRequest.make(method)(`${Loop.url}/${method}`)
        yield* loop.call(request, { options: { idempotencyKey: `key of ${method}`.replaceAll(" ", "-") } })
      }
      assert.deepStrictEqual(keysOf(loop), [undefined, "key-of-POST", "key-of-PATCH", "key-of-DELETE", "key-of-GET"])
    }))

  it.effect("a caller's key is good for the same request again, and for no other: nothing is sent", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({}))
      const options = { idempotencyKey: "k-1" }
      yield* loop.call(post("{\"amount\":1}"), { options })
      yield* loop.call(post("{\"amount\":1}"), { options })
      assert.strictEqual(loop.exchanges.length, 2)
      const others = [
        post("{\"amount\":2}"),
        post("{\"amount\":1}", "/refunds"),
        HttpClientRequest.setUrlParam(post("{\"amount\":1}"), "twice", "yes"),
        HttpClientRequest.setMethod(post("{\"amount\":1}"), "PATCH")
      ]
      for (const other of others) {
        assert.strictEqual((yield* Effect.flip(loop.call(other, { options })))._tag, "IdempotencyKeyReused")
      }
      assert.strictEqual(loop.exchanges.length, 2)
      yield* loop.call(post("{\"amount\":2}"), { options: { idempotencyKey: "k-2" } })
      assert.strictEqual(loop.exchanges.length, 3)
    }))

  it.effect("what a key was used for is known for 24 hours", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({}))
      const options = { idempotencyKey: "k-1" }
      yield* Effect.gen(function*() {
        yield* loop.call(post("1"), { options })
        yield* Effect.sleep("23 hours")
        yield* Effect.flip(loop.call(post("2"), { options }))
        yield* Effect.sleep("1 hour")
        yield* loop.call(post("2"), { options })
      }).pipe(Loop.inVirtualTime())
      assert.strictEqual(loop.exchanges.length, 2)
    }))

  it.effect("at most a thousand keys are known", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({}))
      const use = (key: number, body: string) => loop.call(post(body), { options: { idempotencyKey: `k-${key}` } })
      yield* Effect.forEach(Array.range(0, 1000), (key) => use(key, "1"), { discard: true })
      yield* use(0, "2")
      assert.strictEqual((yield* Effect.flip(use(1000, "2")))._tag, "IdempotencyKeyReused")
    }))

  it.effect("a key that cannot be a header is refused before anything is sent", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({}))
      for (const key of ["", "a\r\nb", "ä", "x".repeat(256)]) {
        const failure = yield* Effect.flip(loop.call(post(), { options: { idempotencyKey: key } }))
        assert.strictEqual(failure._tag, "RequestInvalid")
        assert.isFalse(key !== "" && JSON.stringify(failure).includes(key))
      }
      assert.strictEqual(loop.exchanges.length, 0)
    }))

  it.effect("a charge is made once per key in 500 runs with 30 % of the connections reset, however often it is sent", () =>
    Effect.gen(function*() {
      const seeds = Array.range(1, 500)
      const runs = yield* Effect.forEach(seeds, (seed) => {
        const charges = new Map<string, number>()
        const loop = Loop.scripted(({ request }) =>
          Effect.gen(function*() {
            const reset = (yield* Random.next) < 0.3
            const key = request.headers["idempotency-key"] ?? "none"
            // Half of the lost ones did arrive.
            if (reset && (yield* Random.nextBoolean)) return { reset: true }
            if (charges.has(key) && (yield* Random.next) < 0.1) {
              return {
                status: 409,
                headers: { "content-type": "application/problem+json" },
                body: "{\"title\":\"A request is outstanding for this Idempotency-Key\"}"
              }
            }
            // The server knows the key and charges nothing the second time.
            charges.set(key, 1)
            return reset ? { reset: true } : { status: 201 }
          })
        )
        const charge = loop.call(post(), { endpoint: { idempotencyKey: "raw" } })
        return Effect.replicateEffect(Effect.either(charge), 3).pipe(
          Effect.map((results) => ({
            sent: loop.exchanges.length,
            keys: new Set(keysOf(loop)).size,
            charged: charges.size,
            succeeded: results.filter((each) => each._tag === "Right" && each.right.status === 201).length
          })),
          Loop.inVirtualTime(new EventClock(), seed)
        )
      })
      for (const { charged, keys, succeeded } of runs) {
        assert.strictEqual(keys, 3)
        assert.isAtMost(charged, 3)
        assert.isAtLeast(charged, succeeded)
      }
      const total = (of: "sent" | "succeeded") => runs.reduce((sum, run) => sum + run[of], 0)
      assert.isAbove(total("sent"), 1500 * 1.3)
      assert.isAbove(total("succeeded"), 1500 * 0.98)
    }))
})
