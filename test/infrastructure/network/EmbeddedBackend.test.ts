import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { UserId } from "../../../src/domain/auth/User.ts"
import { demoAccount } from "../../../src/infrastructure/config/constants/DemoAccount.ts"
import * as MemoryBackend from "../../../src/infrastructure/environments/MemoryBackend.ts"
import { AccessTokens } from "../../../src/infrastructure/network/api/AccessTokens.ts"
import * as MemoryConnectivity from "../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import * as PipelineApiClient from "../../../src/infrastructure/network/api/PipelineApiClient.ts"
import { MemoryServer } from "../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as MemoryTransport from "../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import * as MemorySocket from "../../../src/infrastructure/network/websocket/MemorySocket.ts"
import * as WsRealtime from "../../../src/infrastructure/network/websocket/WsRealtime.ts"
import { pushMigration } from "../../../src/infrastructure/services/push/PushMigration.ts"
import * as SsePushNotifications from "../../../src/infrastructure/services/push/SsePushNotifications.ts"
import * as MemoryCache from "../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as SqliteLocalDatabase from "../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as PushNotificationsContract from "../../../src/testing/contract/PushNotificationsContract.ts"
import * as RealtimeContract from "../../../src/testing/contract/RealtimeContract.ts"
import { suite } from "../../../src/testing/vitest.ts"
import { origin, policy } from "./Apis.ts"

const requestOf = (path: string, body: unknown, headers: Readonly<Record<string, string>>) =>
  new Request(`http://api.test:8080${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body)
  })

const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const { handle } = yield* MemoryServer
    const response = yield* handle(requestOf(path, body, headers))
    return yield* Effect.promise(() => response.json())
  }).pipe(Effect.orDie)

const Signed = Schema.Struct({ tokens: Schema.Struct({ accessToken: Schema.String }) })

const { password, username } = demoAccount

/** Signs in once; the access token outlives the test. */
const tokens = Layer.effect(
  AccessTokens,
  Effect.gen(function*() {
    const answer = yield* post("/v2/sessions", { username, password })
    const signed = yield* Schema.decodeUnknown(Signed)(answer)
    const authorization = Redacted.make(`Bearer ${signed.tokens.accessToken}`)
    const principal = UserId.make(username)
    return {
      credentials: () => Effect.succeed({ principal, generation: 1, headers: { authorization } }),
      rejected: () => Effect.void,
      principal: Effect.succeed(Option.some(principal))
    }
  })
)

/** Another client of the same account that sends. */
const sender = Layer.effect(
  PushNotificationsContract.Sender,
  Effect.gen(function*() {
    const server = yield* MemoryServer
    const credentials = (yield* AccessTokens).credentials({ method: "POST", url: "/v2/messages" })
    return {
      send: (topic, title) =>
        Effect.flatMap(
          Effect.orDie(credentials),
          ({ headers: { authorization } }) =>
            post("/v2/messages", { topic, title }, {
              authorization: authorization === undefined ? "" : Redacted.value(authorization)
            })
        ).pipe(Effect.provideService(MemoryServer, server))
    }
  })
)

const network = Layer.mergeAll(
  MemoryTransport.layer,
  MemorySocket.layer,
  MemoryConnectivity.layer,
  MemoryCache.layer,
  origin,
  policy,
  tokens
)
  .pipe(
    Layer.provideMerge(MemoryBackend.layer)
  )
const database = SqliteLocalDatabase.layer({ filename: ":memory:", migrations: [{ ...pushMigration, id: 1 }] })

suite(RealtimeContract.contract, "embedded backend", Layer.provide(WsRealtime.layer, network))
suite(
  PushNotificationsContract.contract,
  "embedded backend",
  Layer.merge(SsePushNotifications.layer.pipe(Layer.provide([PipelineApiClient.layer, database])), sender).pipe(
    Layer.provide(network)
  )
)
