import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream, TestClock } from "effect"
import { isApiError } from "../../../../src/infrastructure/network/api/ApiError.ts"
import { OriginStates } from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import type { Attempt } from "../../../../src/infrastructure/network/interceptors/Attempt.ts"
import * as Auth from "../../../../src/infrastructure/network/interceptors/Auth.ts"
import type { AttemptInterceptor } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as Redirect from "../../../../src/infrastructure/network/interceptors/Redirect.ts"
import * as RemoteFailures from "../../../../src/infrastructure/network/interceptors/RemoteFailures.ts"
import type * as ScriptedTransport from "../../../../src/testing/ScriptedTransport.ts"
import * as Fused from "../Fused.ts"
import * as AuthCases from "./AuthCases.ts"
import * as Loop from "./Loop.ts"

const over = (script: ScriptedTransport.Script) =>
  Effect.map(OriginStates, (origins) => {
    const attempts: Array<Attempt> = []
    const seen: AttemptInterceptor = {
      stage: "attemptDeadline",
      around: (next) => (request, attempt) => {
        attempts.push(attempt)
        return next(request, attempt)
      }
    }
    return { attempts, ...Fused.make([Redirect.make(origins), seen], script) }
  })

/** The path is the place of the answer; the last place answers 200. */
const along = (...steps: ReadonlyArray<readonly [status: number, location: string]>): ScriptedTransport.Script => {
  let next = 0
  return () => {
    const step = steps[next++]
    return step === undefined ? { status: 200 } : { status: step[0], headers: { location: step[1] } }
  }
}

const lines = (exchanges: ReadonlyArray<ScriptedTransport.Exchange>) =>
  exchanges.map(({ body, request }) =>
    `${request.method} ${HttpClientRequest.toUrl(request).pipe((url) => url._tag === "Some" ? url.value.href : "")}${
      body.length === 0 ? "" : ` ${new TextDecoder().decode(body)}`
    }`
  )

const withBody = (method: "POST" | "PUT" | "PATCH") =>
  HttpClientRequest.make(method)(`${Fused.origin}/a`, { headers: { "idempotency-key": "k" } }).pipe(
    HttpClientRequest.bodyText("body", "text/x")
  )

describe("Redirect", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it.effect(`follows a ${status} of a GET, relative to where it came from, as an attempt of its own`, () =>
      Effect.gen(function*() {
        const { attempts, exchanges, fused } = yield* over(along([status, "../b?c=d#e"]))
        const request = HttpClientRequest.get(`${Fused.origin}/x/y/a?q=1`)
        const call = yield* Fused.callOf(request)
        assert.strictEqual((yield* fused(request, call)).status, 200)
        assert.deepStrictEqual(lines(exchanges), [
          `GET ${Fused.origin}/x/y/a?q=1`,
          `GET ${Fused.origin}/x/b?c=d`
        ])
        assert.deepStrictEqual(attempts.map(({ reason }) => reason), [undefined, "redirect"])
        assert.deepStrictEqual(attempts.map(({ origin }) => origin.url), [Fused.origin, Fused.origin])
        assert.deepInclude(call.attempts[0], { cause: String(status), status, delayBefore: 0 })
      }).pipe(Effect.provide(Fused.origins)))
  }

  it.effect("keeps method and body after a 307 and a 308, and asks with GET after a 303", () =>
    Effect.gen(function*() {
      for (const method of ["POST", "PUT", "PATCH"] as const) {
        for (const status of [307, 308]) {
          const { exchanges, send } = yield* over(along([status, "/b"]))
          assert.strictEqual((yield* send(withBody(method))).status, 200)
          assert.deepStrictEqual(lines(exchanges), [
            `${method} ${Fused.origin}/a body`,
            `${method} ${Fused.origin}/b body`
          ])
          assert.strictEqual(exchanges[1]?.request.headers["idempotency-key"], "k")
        }
        const { exchanges, send } = yield* over(along([303, "/b"]))
        assert.strictEqual((yield* send(withBody(method))).status, 200)
        assert.deepStrictEqual(lines(exchanges), [`${method} ${Fused.origin}/a body`, `GET ${Fused.origin}/b`])
        assert.deepStrictEqual(Object.keys(exchanges[1]?.request.headers ?? {}), [])
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("leaves a 301 and a 302 of a method that may change something as they are", () =>
    Effect.gen(function*() {
      for (const method of ["POST", "PUT", "PATCH"] as const) {
        for (const status of [301, 302]) {
          const { exchanges, send } = yield* over(along([status, "/b"]))
          assert.strictEqual((yield* send(withBody(method))).status, status)
          assert.lengthOf(exchanges, 1)
        }
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("does not send a body again that can be read once", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* over(along([307, "/b"]))
      const once = HttpClientRequest.post(`${Fused.origin}/a`).pipe(
        HttpClientRequest.bodyStream(Stream.make(new Uint8Array([1])))
      )
      assert.deepInclude(yield* Effect.flip(send(once)), { _tag: "BodyNotReplayable", outcome: "rejected" })
      assert.lengthOf(exchanges, 1)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("takes nothing confidential to another origin, not even back again", () =>
    Effect.gen(function*() {
      const there = ["https://api.test:8080/b", "http://api.test:8081/b", "http://other.test:8080/b"]
      for (const location of there) {
        const { attempts, exchanges, send } = yield* over(along([307, location], [307, "https://api.test/c"]))
        const headers = {
          authorization: "Bearer secret",
          cookie: "a=b",
          "proxy-authorization": "Basic secret",
          "idempotency-key": "k",
          "x-api-key": "secret",
          dpop: "secret",
          accept: "text/x"
        }
        yield* send(HttpClientRequest.post(`${Fused.origin}/a`, { headers }))
        assert.deepStrictEqual(
          Object.keys(exchanges[0]?.request.headers ?? {}).toSorted(),
          Object.keys(headers).toSorted()
        )
        for (const { request } of exchanges.slice(1)) {
          assert.deepStrictEqual({ ...request.headers }, { accept: "text/x" })
        }
        assert.lengthOf(exchanges, 3)
        assert.deepStrictEqual(
          attempts.map(({ origin }) => origin.url),
          [Fused.origin, new URL(location).origin, "https://api.test"]
        )
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("takes no body to another origin", () =>
    Effect.gen(function*() {
      for (const method of ["POST", "PUT", "PATCH"] as const) {
        for (const status of [307, 308]) {
          const { exchanges, send } = yield* over(along([status, "https://other.test/b"]))
          assert.strictEqual((yield* send(withBody(method))).status, status)
          assert.lengthOf(exchanges, 1)
        }
        const { exchanges, send } = yield* over(along([303, "https://other.test/b"]))
        assert.strictEqual((yield* send(withBody(method))).status, 200)
        assert.deepStrictEqual(lines(exchanges), [`${method} ${Fused.origin}/a body`, "GET https://other.test/b"])
      }
    }).pipe(Effect.provide(Fused.origins)))

  for (
    const [end, answer] of [
      ["is refused", { refuse: true }],
      ["is answered 302", { status: 302 }],
      ...[401, 404, 421, 429, 503].map((status) => [`is answered ${status}`, { status }] as const)
    ] as const
  ) {
    it.scoped(`sends nothing again that was done when what a 303 points to ${end}`, () =>
      Effect.gen(function*() {
        const { state, tokens } = AuthCases.make({})
        const auth = yield* Auth.make(tokens, { origin: Loop.url, limit: "10 seconds" })
        const redirect = Redirect.make(yield* OriginStates)
        const { call, calls, exchanges } = Loop.scripted(
          ({ request: { method } }) => method === "POST" ? { status: 303, headers: { location: "/done" } } : answer,
          {},
          [auth, redirect]
        )
        const fiber = yield* Effect.fork(Effect.flip(call(HttpClientRequest.post(`${Loop.url}/a`))))
        yield* TestClock.adjust("30 seconds")
        const failure = yield* Fiber.join(fiber)
        assert.deepStrictEqual(exchanges.map(({ request }) => request.method), ["POST", "GET"])
        assert.deepStrictEqual(state.rejected, [])
        const seen = calls.flatMap((made) => isApiError(failure) ? RemoteFailures.failureOf(failure, made)._tag : [])
        assert.deepStrictEqual(seen, ["OutcomeUnknown"])
      }).pipe(Effect.provide(Fused.origins)))
  }

  it.effect("asks for the very URL that it is pointed to", () =>
    Effect.gen(function*() {
      const target = "https://api.test/b?flag&q=a%20b&s=~*"
      const { exchanges, send } = yield* over(along([302, target]))
      yield* send()
      assert.strictEqual(lines(exchanges)[1], `GET ${target}`)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("follows five and hands the sixth on", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* over(({ number }) => ({ status: 302, headers: { location: `/${number}` } }))
      assert.strictEqual((yield* send()).status, 302)
      assert.lengthOf(exchanges, 6)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("hands on what leads in a circle, nowhere, to another scheme, or from https to http", () =>
    Effect.gen(function*() {
      const from = HttpClientRequest.get("https://api.test/a")
      for (
        const steps of [
          [[302, "/a"]],
          [[302, "/b"], [302, "/a"]],
          [[302, "http://api.test/b"]],
          [[302, "ftp://api.test/b"]],
          [[302, "file:///etc/passwd"]],
          [[302, "https://["]]
        ] as const
      ) {
        const { exchanges, send } = yield* over(along(...steps))
        assert.strictEqual((yield* send(from)).status, 302, JSON.stringify(steps))
        assert.lengthOf(exchanges, steps.length)
      }
      const nowhere = yield* over(() => ({ status: 302 }))
      assert.strictEqual((yield* nowhere.send(from)).status, 302)
      for (const status of [300, 304, 305, 306]) {
        const other = yield* over(() => ({ status, headers: { location: "/b" } }))
        assert.strictEqual((yield* other.send(from)).status, status)
        assert.lengthOf(other.exchanges, 1)
      }
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("sends no credentials that a location names", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* over(along([302, "http://user:secret@api.test:8080/b"]))
      yield* send()
      assert.strictEqual(exchanges[1]?.request.url, `${Fused.origin}/b`)
    }).pipe(Effect.provide(Fused.origins)))
})
