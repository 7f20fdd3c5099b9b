import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted, Ref } from "effect"
import type { Maintenance } from "../../../src/domain/operations/Maintenance.ts"
import { KeyLost, Locked, WrongSecret } from "../../../src/domain/storage/SecretFailure.ts"
import type { SecretFailure } from "../../../src/domain/storage/SecretFailure.ts"
import { slot, status } from "../support/secretStoreStatus.ts"
import { run } from "./MockedSecrets.ts"

/** Opens for one passphrase and one code. */
const locked = (types: ReadonlyArray<string>, failure: SecretFailure = new Locked({ fixes: ["unlock it"] })) =>
  Effect.map(Ref.make(false), (open) => ({
    maintenance: {
      status: Effect.succeed(status({ locked: true, slots: types.map((type, index) => slot(index + 1, type)) })),
      unlock: (type: string, secret: Redacted.Redacted<string>) =>
        Redacted.value(secret) === `my ${type}` ? Ref.set(open, true) : new WrongSecret({ slot: type })
    },
    list: Effect.if(open, { onTrue: () => Effect.succeed(["a"]), onFalse: () => Effect.fail(failure) })
  }))

describe("a locked secret store", () => {
  it.effect("is opened with the passphrase or the recovery code, asked for once, and the command runs again", () =>
    Effect.gen(function*() {
      for (const answer of ["my passphrase", "my recovery-code"]) {
        const { list, maintenance } = yield* locked(["keychain", "passphrase", "recovery-code"])
        const { code, out, questions } = yield* run("list", maintenance, { answers: [answer] }, list)
        assert.deepStrictEqual([code, out], [0, "a\n"])
        assert.deepStrictEqual(questions, ["Passphrase or recovery code of the secret store"])
      }
    }))

  it.effect("is made with a new passphrase when there is none yet and nothing else gives a key", () =>
    Effect.gen(function*() {
      const made = yield* Ref.make(Option.none<string>())
      const maintenance: Partial<typeof Maintenance.Service> = {
        status: Effect.succeed(status({ exists: false, locked: true, keySources: [], slots: [] })),
        addSlot: (wanted) =>
          Effect.as(
            Ref.set(
              made,
              wanted._tag === "Passphrase" ? Option.some(Redacted.value(wanted.passphrase)) : Option.none()
            ),
            { slot: slot(1, "passphrase"), recoveryCode: Option.none() }
          )
      }
      const list = Effect.flatMap(
        made,
        Option.match({ onNone: () => new Locked({ fixes: ["add one"] }), onSome: () => Effect.succeed(["a"]) })
      )
      const differing = yield* run("list", maintenance, { answers: ["one", "two"] }, list)
      assert.deepStrictEqual([differing.code, differing.questions.length], [1, 2])
      const { code, questions } = yield* run("list", maintenance, { answers: ["one", "one"] }, list)
      assert.deepStrictEqual([code, questions.length], [0, 2])
      assert.deepStrictEqual(yield* made, Option.some("one"))
      yield* Ref.set(made, Option.none())
      const alone = yield* run("list", maintenance, { piped: "one" }, list)
      assert.deepStrictEqual([alone.code, alone.questions.length], [1, 0])
    }))

  it.effect("is opened with what the person knows when the key is lost", () =>
    Effect.gen(function*() {
      const { list, maintenance } = yield* locked(["recovery-code"], new KeyLost())
      const { out, questions } = yield* run("list", maintenance, { answers: ["my recovery-code"] }, list)
      assert.deepStrictEqual([out, questions], ["a\n", ["Recovery code of the secret store"]])
    }))

  it.effect("stays locked after a wrong answer, which is asked for once and told to nobody", () =>
    Effect.gen(function*() {
      const { list, maintenance } = yield* locked(["passphrase"])
      const { code, error, questions } = yield* run("list", maintenance, { answers: ["guess", "my passphrase"] }, list)
      assert.deepStrictEqual([code, questions.length], [1, 1])
      assert.include(error, "\"passphrase\" does not open")
      assert.notInclude(error, "guess")
    }))

  it.effect("is reported as locked where there is nobody to ask, or nothing that a person could know", () =>
    Effect.gen(function*() {
      const nobody = yield* locked(["passphrase"])
      const alone = yield* run("list", nobody.maintenance, { piped: "my passphrase" }, nobody.list)
      assert.deepStrictEqual([alone.code, alone.questions], [1, []])
      const keychain = yield* locked(["keychain"])
      const present = yield* run("list", keychain.maintenance, { answers: ["x"] }, keychain.list)
      assert.deepStrictEqual([present.code, present.questions], [1, []])
      assert.include(present.error, "unlock it")
    }))
})
