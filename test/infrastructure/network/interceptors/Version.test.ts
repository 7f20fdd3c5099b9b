import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe } from "@effect/vitest"
import { Effect, Either, Stream, TestClock } from "effect"
import { VersionRetired } from "../../../../src/infrastructure/network/api/ApiError.ts"
import { defaults } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as ApiVersions from "../../../../src/infrastructure/network/api/version/ApiVersions.ts"
import * as VersionNotices from "../../../../src/infrastructure/network/api/version/VersionNotices.ts"
import * as Version from "../../../../src/infrastructure/network/interceptors/Version.ts"
import type { Step } from "../../../../src/testing/ScriptedTransport.ts"
import * as Fused from "../Fused.ts"
import {
  current,
  devices,
  fromJson,
  get,
  json,
  old,
  put,
  serving,
  status,
  test,
  text,
  url,
  versions
} from "../VersionedBackend.ts"

const problem = (type: string): Step => ({
  status: 400,
  headers: { "content-type": "application/problem+json" },
  body: json({ type })
})

/** What comes of two refusals. */
const outcome = (v2: number, v1: number) =>
  Effect.flatMap(
    serving({ v2: () => status(v2), v1: () => status(v1) }),
    ({ asked, send }) =>
      Effect.map(Effect.either(send()), (result) => {
        assert.deepStrictEqual(asked, ["v2", "v1"])
        return Either.match(result, {
          onLeft: (error) => error instanceof VersionRetired ? `retired ${error.version}` : error._tag,
          onRight: (answer) => String(answer.status)
        })
      })
  )

/** The stage alone, on answers that a test makes. */
const alone = (answers: ReadonlyArray<(request: HttpClientRequest.HttpClientRequest) => Response>) =>
  Effect.gen(function*() {
    const stage = Version.make(defaults, yield* VersionNotices.VersionNotices)
    assert.strictEqual(stage.stage, "version")
    let number = 0
    const given: Array<HttpClientResponse.HttpClientResponse> = []
    const send = stage.around((request) =>
      Effect.sync(() => {
        const answer = HttpClientResponse.fromWeb(request, answers[number++]?.(request) ?? new Response())
        given.push(answer)
        return answer
      })
    )
    const call = yield* Fused.callOf(get, { options: { versions: devices } })
    return { given, answer: yield* send(get, call) }
  })

describe("Version", () => {
  for (const code of [404, 406, 410, 415, 426]) {
    test(`a ${code} leads to the other version, whose answer comes as the newest has it`, () =>
      Effect.gen(function*() {
        const { asked, send } = yield* serving({ v2: () => status(code), v1: () => old })
        const answer = yield* send()
        assert.strictEqual(yield* text(answer), json({ topics: ["news"] }))
        assert.deepStrictEqual(asked, ["v2", "v1"])
      }))
  }

  for (const code of [400, 401, 403, 405, 409, 422, 429, 500, 503]) {
    test(`a ${code} does not lead to another version`, () =>
      Effect.gen(function*() {
        const { asked, send } = yield* serving({ v2: () => status(code), v1: () => old })
        assert.strictEqual((yield* send()).status, code)
        assert.deepStrictEqual(asked, ["v2"])
      }))
  }

  test("what a 303 says was done is asked of no other version, whatever there is to see of it", () =>
    Effect.gen(function*() {
      for (const code of [404, 406, 410, 415, 426]) {
        const { asked, send } = yield* serving({
          v2: ({ request }) => request.method === "PUT" ? status(303, { location: "/v2/done/" }) : status(code),
          v1: () => old
        })
        assert.strictEqual((yield* send(put)).status, code)
        assert.deepStrictEqual(asked, ["v2", "v2"])
      }
    }))

  test("a problem whose type says that the version is not supported leads to the other", () =>
    Effect.gen(function*() {
      const unsupported = problem("https://docs.api-versioning.org/problems#unsupported")
      const { send } = yield* serving({ v2: () => unsupported, v1: () => old })
      assert.strictEqual((yield* send()).status, 200)
    }))

  test("a problem of another type does not, and keeps its body", () =>
    Effect.gen(function*() {
      const { asked, send } = yield* serving({ v2: () => problem("/problems/malformed"), v1: () => old })
      const answer = yield* send()
      assert.strictEqual(answer.status, 400)
      assert.strictEqual(yield* text(answer), json({ type: "/problems/malformed" }))
      assert.deepStrictEqual(asked, ["v2"])
    }))

  test("a resource names the problem types of its backend", () =>
    Effect.gen(function*() {
      const own = ApiVersions.make(versions, { resource: "/devices", strategy: "path", unsupported: ["/problems/old"] })
      const { send } = yield* serving({ v2: () => problem("/problems/old"), v1: () => old }, { versions: own })
      assert.strictEqual((yield* send()).status, 200)
    }))

  test("remembers the version that stood in for an hour, and then asks for the newest again", () =>
    Effect.gen(function*() {
      let isDeployed = false
      const { asked, send } = yield* serving({ v2: () => isDeployed ? current : status(404), v1: () => old })
      yield* send()
      assert.deepStrictEqual(asked.splice(0), ["v2", "v1"])
      yield* TestClock.adjust("59 minutes")
      yield* send()
      assert.deepStrictEqual(asked.splice(0), ["v1"])
      yield* TestClock.adjust("1 minute")
      yield* send()
      assert.deepStrictEqual(asked.splice(0), ["v2", "v1"])
      isDeployed = true
      yield* TestClock.adjust("1 hour")
      yield* send()
      yield* send()
      assert.deepStrictEqual(asked, ["v2", "v2"])
    }))

  test("an answer without success does not decide which version is asked for next", () =>
    Effect.gen(function*() {
      let isUp = false
      const { asked, send } = yield* serving({ v2: () => status(404), v1: () => isUp ? old : status(503) })
      assert.strictEqual((yield* send()).status, 503)
      isUp = true
      yield* send()
      assert.deepStrictEqual(asked, ["v2", "v1", "v2", "v1"])
    }))

  test("of two refusals the newer version's counts", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* outcome(404, 404), "404")
      assert.strictEqual(yield* outcome(404, 410), "404")
      assert.strictEqual(yield* outcome(426, 404), "426")
      assert.strictEqual(yield* outcome(410, 404), "retired v2")
      assert.strictEqual(yield* outcome(410, 410), "retired v2")
    }))

  test("a body is written as the other version has it, and carries the caller's key", () =>
    Effect.gen(function*() {
      const { exchanges, send } = yield* serving({ v2: () => status(415), v1: () => ({ status: 204 }) })
      assert.strictEqual((yield* send(put, "key-1")).status, 204)
      // Later, from the version that is remembered: still the same request of the caller.
      assert.strictEqual((yield* send(put, "key-1")).status, 204)
      const bodies = exchanges.map(({ body }) => fromJson(body))
      assert.deepStrictEqual(bodies, [{ topics: ["news", "sport"] }, { topic: "news" }, { topic: "news" }])
      assert.deepStrictEqual(exchanges.map(({ request }) => request.headers["idempotency-key"]), [
        "key-1",
        "key-1",
        "key-1"
      ])
      assert.strictEqual(exchanges[1]?.request.headers["content-length"], String(exchanges[1]?.body.length))
    }))

  test("a body that cannot be sent again, or not in the other version, keeps the answer it got", () =>
    Effect.gen(function*() {
      const stream = HttpClientRequest.bodyStream(HttpClientRequest.put(url), Stream.make(new Uint8Array([1])))
      for (const request of [stream, HttpClientRequest.bodyText(HttpClientRequest.put(url), "{}")]) {
        const { asked, send } = yield* serving({ v2: () => status(404), v1: () => old })
        assert.strictEqual((yield* send(request)).status, 404)
        assert.deepStrictEqual(asked, ["v2"])
      }
    }))

  test("a body that the remembered version does not have is sent to the newest", () =>
    Effect.gen(function*() {
      const { asked, send } = yield* serving({
        v2: ({ number }) => number === 1 ? status(404) : current,
        v1: () => old
      })
      yield* send()
      assert.strictEqual((yield* send(HttpClientRequest.bodyText(HttpClientRequest.put(url), "{}"))).status, 200)
      assert.deepStrictEqual(asked, ["v2", "v1", "v2"])
    }))

  test("an answer that the other version's contract does not have is DecodeFailure, without its values", () =>
    Effect.gen(function*() {
      const { send } = yield* serving({
        v2: () => status(404),
        v1: () => ({ body: json({ topic: 7, secret: "s3cret" }) })
      })
      const error = yield* Effect.flip(send())
      assert.strictEqual(error._tag, "DecodeFailure")
      assert.notInclude(json(error), "s3cret")
      assert.deepStrictEqual("issues" in error ? error.issues : [], ["topic: Type"])
    }))

  test("a refusal is read to its end, or cut off, before the other version is asked for", () =>
    Effect.gen(function*() {
      for (const [pieces, end] of [[3, "read"], [1000, "cut"]] as const) {
        let left = pieces as number
        let ending = "open"
        const body = new ReadableStream<Uint8Array>({
          pull: (controller) => {
            if (left-- > 0) return controller.enqueue(new Uint8Array(1024))
            ending = "read"
            return controller.close()
          },
          cancel: () => {
            ending = "cut"
          }
        })
        const endings: Array<string> = []
        const { answer } = yield* alone([
          () => new Response(body, { status: 404 }),
          () => {
            endings.push(ending)
            return new Response(old.body as string)
          }
        ])
        assert.strictEqual(answer.status, 200)
        assert.deepStrictEqual(endings, [end])
      }
    }))

  test("an answer that says nothing of versions is handed on as it is", () =>
    Effect.gen(function*() {
      const { answer, given } = yield* alone([() => new Response(current.body as string)])
      assert.strictEqual(answer, given[0])
    }))

  for (
    const [name, by, expected] of [
      ["a header", { strategy: "header", header: "api-version" }, "api-version"],
      ["the query", { strategy: "query", parameter: "api-version" }, "query"],
      ["the media type", { strategy: "mediaType", mediaType: (each: string) => `application/${each}+json` }, "accept"]
    ] as const
  ) {
    test(`versions stand in for each other when asked for in ${name}`, () =>
      Effect.gen(function*() {
        const own = ApiVersions.make(versions, { resource: "/devices", ...by })
        const notices = yield* VersionNotices.VersionNotices
        const { exchanges, send } = Fused.make([Version.make(defaults, notices)], ({ number }) =>
          number === 1 ? status(406) : old)
        const answer = yield* send(HttpClientRequest.get(`${Fused.origin}/devices/d1`), { options: { versions: own } })
        assert.strictEqual(yield* text(answer), current.body)
        const said = exchanges.map(({ request }) =>
          expected === "query" ? [...request.urlParams].flat().join("=") : request.headers[expected] ?? ""
        )
        assert.include(said[0], "v2")
        assert.include(said[1], "v1")
      }))
  }

  test("a caller's key is good for the same write again, when another version was learnt in between", () =>
    Effect.gen(function*() {
      let lost = false
      const { asked, exchanges, send } = yield* serving({
        v2: () => {
          if (lost) return status(404)
          lost = true
          return { reset: true }
        },
        v1: () => old
      })
      assert.strictEqual((yield* Effect.flip(send(put, "k-1")))._tag, "TransportFailure")
      yield* send()
      assert.strictEqual((yield* send(put, "k-1")).status, 200)
      assert.strictEqual(asked.at(-1), "v1")
      assert.strictEqual(exchanges.at(-1)?.request.headers["idempotency-key"], "k-1")
      const other = HttpClientRequest.bodyUnsafeJson(put, { topics: ["news"] })
      assert.strictEqual((yield* Effect.flip(send(other, "k-1")))._tag, "IdempotencyKeyReused")
    }))
})
