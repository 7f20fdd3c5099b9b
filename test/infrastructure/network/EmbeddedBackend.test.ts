import { Effect, Layer, Option, Redacted } from "effect"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { LoginRequest } from "../../../src/domain/auth/LoginRequest.ts"
import * as Test from "../../../src/infrastructure/environments/Test.ts"
import { MemoryServer } from "../../../src/infrastructure/network/api/MemoryServer.ts"
import * as PushNotificationsContract from "../../../src/testing/contract/PushNotificationsContract.ts"
import * as RealtimeContract from "../../../src/testing/contract/RealtimeContract.ts"
import { suite } from "../../../src/testing/vitest.ts"

const account = Effect.map(Test.account, Option.getOrThrow)

const post = (path: string, body: unknown, authorization = "") =>
  Effect.flatMap(MemoryServer, ({ handle }) =>
    handle(
      new Request(`http://backend.test${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization },
        body: JSON.stringify(body)
      })
    )).pipe(Effect.flatMap((response) => Effect.promise(() => response.json() as Promise<never>)))

/** Another client of the same account that sends. */
const sender = Layer.effect(
  PushNotificationsContract.Sender,
  Effect.gen(function*() {
    const { password, username } = yield* account
    const { tokens } = yield* post("/v2/sessions", { username, password: Redacted.value(password) }) as Effect.Effect<
      {
        readonly tokens: { readonly accessToken: string }
      },
      never,
      MemoryServer
    >
    const server = yield* MemoryServer
    return {
      send: (topic, title) =>
        post("/v2/messages", { topic, title }, `Bearer ${tokens.accessToken}`).pipe(
          Effect.provideService(MemoryServer, server),
          Effect.orDie
        )
    }
  })
)

const signIn = Layer.effectDiscard(
  Effect.flatMap(account, (known) => Effect.flatMap(AuthRepository, ({ login }) => login(new LoginRequest(known))))
)

const client = signIn.pipe(Layer.provideMerge(Test.main))

suite(RealtimeContract.contract, "embedded backend", Layer.provide(client, Test.backend))
suite(
  PushNotificationsContract.contract,
  "embedded backend",
  Layer.merge(client, sender).pipe(Layer.provide(Test.backend))
)
