import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Ref, Stream } from "effect"
import { Check } from "../../../src/domain/operations/Check.ts"
import { Diagnostics } from "../../../src/domain/operations/Diagnostics.ts"
import { Maintenance } from "../../../src/domain/operations/Maintenance.ts"
import type { Ports } from "../../../src/domain/Ports.ts"
import { Locked, WrongSecret } from "../../../src/domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import { slot, status } from "../support/secretStoreStatus.ts"
import * as SecretsCommand from "./SecretsCommand.ts"

/** An environment whose only check is whether the store is open; `passphrase` opens it. */
const doctor = (passphrase: string, words: ReadonlyArray<string>, input: SecretsCommand.Input) =>
  Effect.gen(function*() {
    const isOpen = yield* Ref.make(false)
    const check = Effect.map(
      isOpen,
      (open) =>
        new Check({ name: "secret store", status: open ? "ok" : "failed", detail: open ? "opens" : "is locked" })
    )
    const ports = Layer.mergeAll(
      Layer.mock(Diagnostics, { checks: Stream.fromEffect(check) }),
      Layer.mock(SecureStore, {
        list: Effect.if(isOpen, { onTrue: () => Effect.succeed([]), onFalse: () => new Locked({ fixes: [] }) })
      }),
      Layer.mock(Maintenance, {
        status: Effect.succeed(status({ locked: true, keySources: [], slots: [slot(1, "passphrase")] })),
        unlock: (type, secret) =>
          Redacted.value(secret) === passphrase ? Ref.set(isOpen, true) : new WrongSecret({ slot: type })
      })
    )
    // The command uses no other port.
    const environment = ports as Layer.Layer<Ports>
    return yield* SecretsCommand.runIn(SecretsCommand.layerOf({ environment }), ["doctor", ...words], input)
  })

describe("strata doctor", () => {
  it.effect("asks for the passphrase of a locked store once, before it looks", () =>
    Effect.gen(function*() {
      for (const words of [[], ["--json"]]) {
        const { code, out, questions } = yield* doctor("correct horse", words, { answers: ["correct horse"] })
        assert.deepStrictEqual([code, questions.length], [0, 1], out)
        assert.include(out, "opens")
      }
    }))

  it.effect("reports the store as locked after a wrong answer, and where nobody can be asked", () =>
    Effect.gen(function*() {
      const wrong = yield* doctor("correct horse", [], { answers: ["guess"] })
      assert.deepStrictEqual([wrong.code, wrong.questions.length], [1, 1])
      assert.include(wrong.out, "is locked")
      const alone = yield* doctor("correct horse", [], { piped: "correct horse" })
      assert.deepStrictEqual([alone.code, alone.questions.length], [1, 0])
    }))
})
