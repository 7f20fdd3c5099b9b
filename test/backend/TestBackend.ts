import { assert } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import * as Backend from "../../src/backend/Backend.ts"
import { BackendApp } from "../../src/backend/BackendApp.ts"
import { migrations } from "../../src/backend/Migrations.ts"
import * as MemoryCrypto from "../../src/infrastructure/security/encryption/MemoryCrypto.ts"
import * as MemoryPasswordHashing from "../../src/infrastructure/security/encryption/MemoryPasswordHashing.ts"
import * as SqliteLocalDatabase from "../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"

export const ada = { username: "ada@example.com", password: "analytical-engine" }
export const grace = { username: "grace@example.com", password: "flow-matic" }
export const writeKey = "wk-test"

export const options = {
  analyticsWriteKey: Redacted.make(writeKey),
  accounts: [ada, grace].map(({ password, username }) => ({ username, password: Redacted.make(password) }))
}

export const database = (filename = ":memory:") => SqliteLocalDatabase.layer({ filename, migrations, store: "backend" })

export const surroundings = Layer.mergeAll(database(), MemoryCrypto.layer, MemoryPasswordHashing.layer)

export const layer = Layer.provideMerge(Backend.memory(options), surroundings)

/** The elements of what a test knows to be an array. */
export const elements = (body: Body | undefined) => body as unknown as ReadonlyArray<Body>

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Body
}

/** Any JSON, as far as tests read into it. */
export interface Body {
  readonly [key: string]: Body
}

const Json = Schema.parseJson(Schema.Unknown)
export const toJson = Schema.encodeSync(Json)
export const fromJson = Schema.decodeSync(Json)

interface Sent {
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export const request = (method: string, path: string, { body, headers, token }: Sent = {}) =>
  new Request(`http://backend.test${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : toJson(body) })
  })

export const call = (method: string, path: string, sent: Sent = {}) =>
  Effect.gen(function*() {
    const app = yield* BackendApp
    const response = yield* app.handle(request(method, path, sent))
    const text = yield* Effect.promise(() => response.text())
    const isJson = response.headers.get("content-type")?.includes("json") === true && text !== ""
    const reply: Reply = {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? (fromJson(text) as Body) : {}
    }
    return reply
  })

export const signIn = (account = ada) =>
  Effect.gen(function*() {
    const { body, status } = yield* call("POST", "/v2/sessions", { body: account })
    assert.strictEqual(status, 201)
    const { accessToken, refreshToken } = body["tokens"] as unknown as Record<"accessToken" | "refreshToken", string>
    return { accessToken, refreshToken, userId: String(body["user"]?.["id"]) }
  })

export const assertProblem = (reply: Reply, status: number) => {
  assert.strictEqual(reply.status, status)
  assert.strictEqual(reply.headers.get("content-type"), "application/problem+json")
  assert.strictEqual(Number(reply.body["status"]), status)
  assert.isString(reply.body["title"])
}
