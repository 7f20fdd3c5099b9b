import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { UserId } from "../../../src/domain/auth/User.ts"
import { UpgradeRequired } from "../../../src/domain/network/RemoteFailure.ts"
import { Profile } from "../../../src/domain/user/Profile.ts"
import * as ProfileRemote from "../../../src/infrastructure/datasources/remote/ProfileRemote.ts"
import * as Apis from "../network/Apis.ts"
import * as ScriptedServer from "../network/ScriptedServer.ts"
import * as ScriptedTokens from "../network/ScriptedTokens.ts"

const ada = new Profile({ id: UserId.make("u1"), username: "ada@example.com", displayName: "Ada" })

const read = (answers: Readonly<Record<string, () => Response>>) => {
  const server = ScriptedServer.make(({ url: { pathname } }) => answers[pathname]?.() ?? ScriptedServer.json(404, {}))
  return Effect.gen(function*() {
    const remote = yield* ProfileRemote.make
    const profile = yield* Effect.either(remote.get)
    return { profile, requests: server.requests }
  }).pipe(Effect.provide(Apis.layer(server.layer, ScriptedTokens.make().layer)))
}

const v2 = () => ScriptedServer.json(200, { id: ada.id, username: ada.username, displayName: ada.displayName })
const v1 = () =>
  ScriptedServer.json(200, { id: ada.id, login: ada.username, name: ada.displayName }, { deprecation: "@0" })
const gone = () => ScriptedServer.json(410, {})

describe("ProfileRemote", () => {
  it.effect("reads the newest version with one request", () =>
    Effect.gen(function*() {
      const { profile, requests } = yield* read({ "/v2/profile": v2, "/v1/profile": v1 })
      assert.deepStrictEqual(profile, Either.right(ada))
      assert.deepStrictEqual(requests.map(({ url }) => url.pathname), ["/v2/profile"])
    }))

  it.effect("reads version 1 where the backend does not serve the newest, signed the same", () =>
    Effect.gen(function*() {
      const { profile, requests } = yield* read({ "/v2/profile": gone, "/v1/profile": v1 })
      assert.deepStrictEqual(profile, Either.right(ada))
      assert.deepStrictEqual(requests.map(({ url }) => url.pathname), ["/v2/profile", "/v1/profile"])
      assert.strictEqual(requests[0]?.headers["authorization"], requests[1]?.headers["authorization"])
    }))

  it.effect("fails with UpgradeRequired when the backend serves none of its versions any more", () =>
    Effect.gen(function*() {
      const { profile } = yield* read({ "/v2/profile": gone, "/v1/profile": gone })
      assert.deepStrictEqual(profile, Either.left(new UpgradeRequired()))
    }))
})
