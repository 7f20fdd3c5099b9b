import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { ada, assertProblem, call, layer, signIn } from "./TestBackend.ts"

describe("profile", () => {
  it.effect("carries a strong validator, and 304 answers whoever has it", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const first = yield* call("GET", "/v2/profile", { token })
      const etag = first.headers.get("etag") ?? ""
      assert.match(etag, /^"[^"]+"$/)
      for (const ifNoneMatch of [etag, `"other", ${etag}`, `W/${etag}`, "*"]) {
        const again = yield* call("GET", "/v2/profile", { token, headers: { "if-none-match": ifNoneMatch } })
        assert.strictEqual(again.status, 304)
        assert.strictEqual(again.text, "")
        assert.strictEqual(again.headers.get("etag"), etag)
      }
      const changed = yield* call("GET", "/v2/profile", { token, headers: { "if-none-match": `"other"` } })
      assert.strictEqual(changed.status, 200)
    }).pipe(Effect.provide(layer)))

  it.effect("version 1 is announced as deprecated, with its end and its successor", () =>
    Effect.gen(function*() {
      const { accessToken: token, userId } = yield* signIn()
      const { body, headers, status } = yield* call("GET", "/v1/profile", { token })
      assert.strictEqual(status, 200)
      assert.deepStrictEqual({ ...body } as unknown, { id: userId, login: ada.username, name: "ada" })
      assert.match(headers.get("deprecation") ?? "", /^@\d+$/)
      const deprecated = Number(headers.get("deprecation")?.slice(1)) * 1000
      assert.isAbove(Date.parse(headers.get("sunset") ?? ""), deprecated)
      assert.strictEqual(headers.get("link"), `</v2/profile>; rel="successor-version"`)
      const current = yield* call("GET", "/v2/profile", { token })
      assert.isNull(current.headers.get("deprecation"))
    }).pipe(Effect.provide(layer)))

  it.effect("version 1 announces its end in refusals too, and is gone after it", () =>
    Effect.gen(function*() {
      const refused = yield* call("GET", "/v1/profile")
      assertProblem(refused, 401)
      const sunset = Date.parse(refused.headers.get("sunset") ?? "")
      assert.isTrue(refused.headers.has("deprecation"))
      const { accessToken: token } = yield* signIn()
      yield* TestClock.setTime(sunset - 1)
      assert.strictEqual((yield* call("GET", "/v1/profile")).status, 401)
      yield* TestClock.setTime(sunset + 1)
      const gone = yield* call("GET", "/v1/profile", { token })
      assertProblem(gone, 410)
      assert.isTrue(gone.headers.has("sunset"))
    }).pipe(Effect.provide(layer)))

  it.effect("needs an access token", () =>
    Effect.gen(function*() {
      for (const headers of [{}, { authorization: "Bearer nonsense" }, { authorization: "Basic x" }]) {
        assertProblem(yield* call("GET", "/v2/profile", { headers }), 401)
      }
    }).pipe(Effect.provide(layer)))
})
