import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, TestClock } from "effect"
import { randomUUID } from "node:crypto"
import { BackendFaults } from "../../src/backend/faults/Fault.ts"
import { assertProblem, call, elements, layer, signIn } from "./TestBackend.ts"

const reasonOf = (result: Either.Either<unknown, { readonly reason: string }>) =>
  Either.isLeft(result) ? result.left.reason : "answered"

describe("faults", () => {
  it.effect("latency delays every request until it is ended", () =>
    Effect.gen(function*() {
      const { apply } = yield* BackendFaults
      const { accessToken: token } = yield* signIn()
      yield* apply({ _tag: "Latency", milliseconds: 3000 })
      const slow = yield* Effect.fork(call("GET", "/v2/profile", { token }))
      yield* TestClock.adjust("2999 millis")
      assert.isNull(yield* Fiber.poll(slow).pipe(Effect.map((exit) => exit._tag === "None" ? null : exit)))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(slow)).status, 200)
      yield* apply({ _tag: "Latency", milliseconds: 0 })
      assert.strictEqual((yield* call("GET", "/v2/profile", { token })).status, 200)
    }).pipe(Effect.provide(layer)))

  it.effect("a status is answered as often as asked for, on its path only, with Retry-After", () =>
    Effect.gen(function*() {
      const { apply } = yield* BackendFaults
      const { accessToken: token } = yield* signIn()
      yield* apply({ _tag: "Status", status: 503, times: 2, path: "/v2/profile", retryAfterSeconds: 7 })
      assert.strictEqual((yield* call("GET", "/v1/profile", { token })).status, 200)
      for (let attempt = 0; attempt < 2; attempt++) {
        const reply = yield* call("GET", "/v2/profile", { token })
        assertProblem(reply, 503)
        assert.strictEqual(reply.headers.get("retry-after"), "7")
      }
      assert.strictEqual((yield* call("GET", "/v2/profile", { token })).status, 200)
    }).pipe(Effect.provide(layer)))

  it.effect("a dropped answer leaves what the request did", () =>
    Effect.gen(function*() {
      const { apply } = yield* BackendFaults
      const { accessToken: token } = yield* signIn()
      yield* apply({ _tag: "DropResponse", times: 1, path: "/v2/notes" })
      const mutation = { _tag: "Delete", mutationId: randomUUID(), noteId: randomUUID(), baseVersion: 0 }
      const lost = yield* Effect.either(
        call("POST", "/v2/notes/mutations", { token, body: { mutations: [mutation] } })
      )
      assert.strictEqual(reasonOf(lost), "reset")
      const { body } = yield* call("GET", "/v2/notes/changes", { token })
      assert.lengthOf(elements(body["changes"]), 1)
    }).pipe(Effect.provide(layer)))

  it.effect("a cut refuses new requests and breaks those in flight, until it is restored", () =>
    Effect.gen(function*() {
      const { apply } = yield* BackendFaults
      const { accessToken: token } = yield* signIn()
      yield* apply({ _tag: "Latency", milliseconds: 1000 })
      const inFlight = yield* Effect.fork(Effect.either(call("GET", "/v2/profile", { token })))
      yield* Effect.yieldNow()
      yield* apply({ _tag: "Cut" })
      assert.strictEqual(reasonOf(yield* Fiber.join(inFlight)), "reset")
      assert.strictEqual(reasonOf(yield* Effect.either(call("GET", "/v2/profile", { token }))), "refused")
      yield* apply({ _tag: "Restore" })
      assert.strictEqual((yield* call("GET", "/v2/profile", { token })).status, 200)
    }).pipe(Effect.provide(layer)))
})
