import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import * as Backend from "../../src/backend/Backend.ts"
import * as AccountStore from "../../src/backend/store/AccountStore.ts"
import { HashingUnavailable, PasswordHashing } from "../../src/domain/security/PasswordHashing.ts"
import { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import { ada, assertProblem, call, layer, options, signIn, surroundings } from "./TestBackend.ts"

const refresh = (refreshToken: string) => call("POST", "/v2/sessions/refresh", { body: { refreshToken } })
const revoke = (refreshToken: string) => call("POST", "/v2/sessions/revoke", { body: { refreshToken } })
const whoAmI = (token: string) => call("GET", "/v2/profile", { token })
const guess = (username: string) => call("POST", "/v2/sessions", { body: { username, password: "wrong" } })

describe("sessions", () => {
  it.effect("a password opens a session whose access token works", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      const { body, status } = yield* whoAmI(accessToken)
      assert.strictEqual(status, 200)
      assert.strictEqual(String(body["username"]), ada.username)
    }).pipe(Effect.provide(layer)))

  it.effect("a wrong password and an unknown username get the same answer", () =>
    Effect.gen(function*() {
      const wrong = yield* guess(ada.username)
      const unknown = yield* guess("nobody@example.com")
      assertProblem(wrong, 401)
      assert.strictEqual(wrong.text, unknown.text)
    }).pipe(Effect.provide(layer)))

  it.effect("while hashing is unavailable a sign-in is told to try again, whoever asks", () =>
    Effect.gen(function*() {
      const accounts = yield* AccountStore.AccountStore
      // The accounts are there already: the next start finds them.
      yield* Effect.forEach(options.accounts, ({ password, username }) => accounts.seed(username, password))
      const unavailable = new HashingUnavailable({ algorithm: "argon2id" })
      const outOfMemory = Layer.succeed(PasswordHashing, { hash: () => unavailable, verify: () => unavailable })
      const short = Layer.fresh(Backend.memory(options)).pipe(Layer.provide(outOfMemory))
      yield* Effect.gen(function*() {
        assertProblem(yield* call("POST", "/v2/sessions", { body: ada }), 503)
        assertProblem(yield* guess(ada.username), 503)
        assertProblem(yield* guess("nobody@example.com"), 503)
        assert.strictEqual((yield* call("GET", "/v2/profile")).status, 401)
      }).pipe(Effect.provide(short))
    }).pipe(Effect.provide(Layer.provideMerge(AccountStore.layer, surroundings))))

  it.effect("an access token ends after five minutes", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      yield* TestClock.adjust("299 seconds")
      assert.strictEqual((yield* whoAmI(accessToken)).status, 200)
      yield* TestClock.adjust("1 second")
      const late = yield* whoAmI(accessToken)
      assertProblem(late, 401)
      assert.strictEqual(late.headers.get("www-authenticate"), "Bearer")
    }).pipe(Effect.provide(layer)))

  it.effect("refreshing gives new tokens and leaves the old access token to its end", () =>
    Effect.gen(function*() {
      const first = yield* signIn()
      const { body, status } = yield* refresh(first.refreshToken)
      assert.strictEqual(status, 200)
      assert.strictEqual(Number(body["expiresIn"]), 300)
      assert.notStrictEqual(String(body["refreshToken"]), first.refreshToken)
      assert.strictEqual((yield* whoAmI(String(body["accessToken"]))).status, 200)
      assert.strictEqual((yield* whoAmI(first.accessToken)).status, 200)
    }).pipe(Effect.provide(layer)))

  it.effect("a spent refresh token ends the whole session", () =>
    Effect.gen(function*() {
      const first = yield* signIn()
      const second = (yield* refresh(first.refreshToken)).body
      assertProblem(yield* refresh(first.refreshToken), 401)
      assertProblem(yield* refresh(String(second["refreshToken"])), 401)
      assertProblem(yield* whoAmI(String(second["accessToken"])), 401)
    }).pipe(Effect.provide(layer)))

  it.effect("a spent refresh token does not end other sessions of the account", () =>
    Effect.gen(function*() {
      const stolen = yield* signIn()
      const other = yield* signIn()
      yield* refresh(stolen.refreshToken)
      yield* refresh(stolen.refreshToken)
      assert.strictEqual((yield* whoAmI(other.accessToken)).status, 200)
    }).pipe(Effect.provide(layer)))

  it.effect("revoking ends the session and may be repeated, also for a token nobody knows", () =>
    Effect.gen(function*() {
      const { accessToken, refreshToken } = yield* signIn()
      assert.strictEqual((yield* revoke(refreshToken)).status, 204)
      assert.strictEqual((yield* revoke(refreshToken)).status, 204)
      assert.strictEqual((yield* revoke("unknown")).status, 204)
      assertProblem(yield* whoAmI(accessToken), 401)
      assertProblem(yield* refresh(refreshToken), 401)
    }).pipe(Effect.provide(layer)))

  it.effect("a session that is not refreshed for 30 days is over", () =>
    Effect.gen(function*() {
      const { refreshToken } = yield* signIn()
      yield* TestClock.adjust("30 days")
      assertProblem(yield* refresh(refreshToken), 401)
    }).pipe(Effect.provide(layer)))

  it.effect("the 21st session ends the oldest one", () =>
    Effect.gen(function*() {
      const oldest = yield* signIn()
      for (let session = 0; session < 20; session++) {
        yield* TestClock.adjust("1 second")
        yield* signIn()
      }
      assertProblem(yield* whoAmI(oldest.accessToken), 401)
    }).pipe(Effect.provide(layer)))

  it.effect("ten failed sign-ins a minute close one username, with the time to wait", () =>
    Effect.gen(function*() {
      for (let attempt = 0; attempt < 10; attempt++) {
        assert.strictEqual((yield* guess(ada.username)).status, 401)
        yield* TestClock.adjust("1 second")
      }
      const limited = yield* call("POST", "/v2/sessions", { body: ada })
      assertProblem(limited, 429)
      assert.strictEqual(limited.headers.get("retry-after"), "50")
      assert.strictEqual((yield* guess("grace@example.com")).status, 401)
      yield* TestClock.adjust("50 seconds")
      yield* signIn()
    }).pipe(Effect.provide(layer)))

  it.effect("a successful sign-in forgets the failed ones", () =>
    Effect.gen(function*() {
      for (let round = 0; round < 3; round++) {
        for (let attempt = 0; attempt < 5; attempt++) yield* guess(ada.username)
        yield* signIn()
      }
    }).pipe(Effect.provide(layer)))

  it.effect("neither tokens nor the password are in the database", () =>
    Effect.gen(function*() {
      const { accessToken, refreshToken } = yield* signIn()
      const { sql } = yield* LocalDatabase
      const tables = yield* sql<{ readonly name: string }>`SELECT name FROM sqlite_schema WHERE type = 'table'`
      const rows = yield* Effect.forEach(tables, ({ name }) => sql`SELECT * FROM ${sql(name)}`)
      const everything = rows.flat().flatMap((row) => Object.values(row))
        .map((value) => value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)).join("\n")
      assert.include(everything, ada.username)
      for (const secret of [accessToken, refreshToken, ada.password]) assert.notInclude(everything, secret)
    }).pipe(Effect.provide(layer)))
})
