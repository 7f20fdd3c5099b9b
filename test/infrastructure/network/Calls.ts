/**
 * Calls through the whole pipeline, in virtual time.
 */
import { Effect, Fiber, TestClock } from "effect"
import { Connectivity } from "../../../src/domain/network/Connectivity.ts"
import { Topic } from "../../../src/domain/push/PushMessage.ts"
import { DeviceId } from "../../../src/domain/push/Registration.ts"
import { ApiClient } from "../../../src/infrastructure/network/api/ApiClient.ts"
import type { StrataClient } from "../../../src/infrastructure/network/api/StrataClient.ts"
import * as Apis from "./Apis.ts"
import * as ScriptedServer from "./ScriptedServer.ts"
import * as ScriptedTokens from "./ScriptedTokens.ts"

const profile = { id: "u1", username: "ada", displayName: "Ada" }
export const ok = () => ScriptedServer.json(200, profile)

export const getProfile = (client: StrataClient) => client.profile.get({})
export const put = (client: StrataClient) =>
  client.devices.register({ path: { deviceId: DeviceId.make("device-7") }, payload: { topics: [Topic.make("news")] } })
export const post = (client: StrataClient) =>
  client.devices.send({ payload: { topic: Topic.make("news"), title: "hello" } })

/** Runs one call for as long as it takes in virtual time. */
export const run = (
  answer: Parameters<typeof ScriptedServer.make>[0],
  request: (client: StrataClient) => Effect.Effect<unknown, unknown>,
  around: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = (effect) => effect
) => {
  const server = ScriptedServer.make(answer)
  const tokens = ScriptedTokens.make()
  return Effect.gen(function*() {
    const { call } = yield* ApiClient
    const fiber = yield* Effect.fork(Effect.either(around(call(request))))
    yield* TestClock.adjust("10 minutes")
    const result = yield* Fiber.join(fiber)
    return { result, requests: server.requests, tokens: tokens.state, connectivity: yield* (yield* Connectivity).state }
  }).pipe(Effect.provide(Apis.layer(server.layer, tokens.layer)))
}

export const failureOf = ({ result }: Effect.Effect.Success<ReturnType<typeof run>>) =>
  result._tag === "Left" ? result.left : undefined
