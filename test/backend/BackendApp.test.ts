import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { BackendApp } from "../../src/backend/BackendApp.ts"
import { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import * as SqliteLocalDatabase from "../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { call, layer, signIn } from "./TestBackend.ts"

describe("the backend in memory", () => {
  it.scoped("does not join a transaction that its client has open", () =>
    Effect.gen(function*() {
      const backend = yield* Layer.build(layer)
      const client = yield* Layer.build(SqliteLocalDatabase.layer({ filename: ":memory:", migrations: [] }))
      const { writeTransaction } = Context.get(client, LocalDatabase)
      const answered = yield* writeTransaction(
        Effect.provide(
          Effect.gen(function*() {
            const { accessToken: token } = yield* signIn()
            const app = yield* BackendApp
            yield* Effect.scoped(app.connect({ authorization: `Bearer ${token}` }))
            yield* call("PUT", "/v2/devices/d1", { token, body: { topics: ["news"] } })
            return yield* call("GET", "/v2/profile", { token })
          }),
          backend
        )
      )
      assert.strictEqual(answered.status, 200)
    }))
})
