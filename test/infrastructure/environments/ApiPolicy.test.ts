import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Layer, Option } from "effect"
import { ApiConfig } from "../../../src/infrastructure/config/env/ApiConfig.ts"
import { ProfileConfig } from "../../../src/infrastructure/config/env/ProfileConfig.ts"
import { client } from "../../../src/infrastructure/environments/Client.ts"
import { ApiPolicy } from "../../../src/infrastructure/network/api/ApiPolicy.ts"

const policy = (seconds: number) =>
  Effect.provide(ApiPolicy, client.apiPolicy).pipe(
    Effect.provide(Layer.merge(
      Layer.succeed(ApiConfig, { url: Option.none(), timeout: Duration.seconds(seconds) }),
      Layer.succeed(ProfileConfig, { profile: "local" })
    )),
    Effect.either
  )

describe("the policy of an environment", () => {
  it.effect("keeps every limit within STRATA_API_TIMEOUT", () =>
    Effect.gen(function*() {
      for (const seconds of [0.5, 7, 10, 120]) {
        const { deadlines } = Either.getOrThrow(yield* policy(seconds))
        assert.strictEqual(Duration.toSeconds(deadlines.total), seconds)
        for (const limit of Object.values(deadlines)) {
          assert.isTrue(Duration.lessThanOrEqualTo(limit, deadlines.total))
        }
      }
    }))

  it.effect("is refused with the setting to change when the other limits cannot be kept with it", () =>
    Effect.gen(function*() {
      const failure = Option.getOrUndefined(Either.getLeft(yield* policy(121)))
      assert.strictEqual(failure?._tag, "InvalidSettings")
      assert.strictEqual(failure?.issues[0].key, "STRATA_API_TIMEOUT")
      assert.include(failure?.issues[0].problem, "throttle.window")
    }))
})
