import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Ref } from "effect"
import type { BiometricFailure } from "../../../../src/domain/security/BiometricFailure.ts"
import { BiometricCancelled, NotRecognized } from "../../../../src/domain/security/BiometricFailure.ts"
import { Biometrics } from "../../../../src/domain/security/Biometrics.ts"
import * as MemoryBiometrics from "../../../../src/infrastructure/security/biometric/MemoryBiometrics.ts"
import * as BiometricsContract from "../../../../src/testing/contract/BiometricsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(BiometricsContract.contract, "memory", MemoryBiometrics.layer(), ["TestClock", "RecognizedPerson"])

describe("MemoryBiometrics", () => {
  it.effect("gives the answers of its script, in order", () =>
    Effect.gen(function*() {
      const answers = yield* Ref.make<ReadonlyArray<Effect.Effect<void, BiometricFailure>>>([
        Effect.fail(new NotRecognized()),
        Effect.fail(new BiometricCancelled()),
        Effect.void
      ])
      const answer = () => Effect.flatten(Ref.modify(answers, ([next = Effect.void, ...rest]) => [next, rest]))
      const { authenticate } = MemoryBiometrics.make({ answer })
      assert.strictEqual((yield* Effect.flip(authenticate("a")))._tag, "NotRecognized")
      assert.strictEqual((yield* Effect.flip(authenticate("b")))._tag, "BiometricCancelled")
      assert.strictEqual((yield* authenticate("c")).method, "fingerprint")
    }))

  it.effect("closes an unanswered question when it is interrupted", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const answer = () =>
        Effect.onInterrupt(
          Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never),
          () => Deferred.succeed(closed, undefined)
        )
      const fiber = yield* Effect.fork(MemoryBiometrics.make({ answer }).authenticate("a"))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(yield* Deferred.isDone(closed))
    }))

  it.effect("never asks the person when it is unavailable", () =>
    Effect.gen(function*() {
      const biometrics = yield* Biometrics
      const failure = yield* Effect.flip(biometrics.authenticate("a"))
      assert.strictEqual(failure._tag, "BiometricUnavailable")
    }).pipe(Effect.provide(MemoryBiometrics.layer({
      availability: { _tag: "Unavailable", reason: "NotEnrolled" },
      answer: () => Effect.dieMessage("the person was asked")
    }))))
})
