import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import * as Configuration from "../../../../src/infrastructure/config/env/Configuration.ts"
import * as MemorySources from "../../../../src/infrastructure/config/env/MemorySources.ts"
import { CommandLine } from "../../../../src/infrastructure/config/env/SettingSchemas.ts"
import { vaultUnlock } from "../../../../src/infrastructure/config/env/VaultUnlock.ts"

const base64 = "wgaBXhqNYKhqnDXp1gqj2W0qp2bGqzUBHVB0TBRdrmI="
const production = { STRATA_ENV: "production", STRATA_API_URL: "https://api.example.com" }

const chosen = (environment: Readonly<Record<string, string>>) =>
  Effect.provide(vaultUnlock, Configuration.layer(MemorySources.make({ environment })))

const refusal = (environment: Readonly<Record<string, string>>) =>
  Effect.map(Effect.flip(chosen(environment)), ({ issues }) => issues.map(({ key, problem }) => `${key} ${problem}`))

describe("what unlocks the vault", () => {
  it.effect("is chosen by itself in local and development, with a key file where one is named", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* chosen({}), { _tag: "Auto", keyFile: Option.none() })
      const development = {
        STRATA_ENV: "development",
        STRATA_API_URL: "http://localhost:1",
        STRATA_VAULT_KEY_FILE: "/key"
      }
      assert.deepStrictEqual(yield* chosen(development), { _tag: "Auto", keyFile: Option.some("/key") })
    }))

  it.effect("has to be named in staging and production", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* refusal(production), ["STRATA_VAULT_UNLOCK is required"])
      assert.deepStrictEqual(yield* refusal({ ...production, STRATA_VAULT_UNLOCK: "auto" }), [
        "STRATA_VAULT_UNLOCK cannot be auto here"
      ])
      assert.deepStrictEqual(yield* chosen({ ...production, STRATA_VAULT_UNLOCK: "keychain" }), { _tag: "Keychain" })
      assert.deepStrictEqual(yield* chosen({ ...production, STRATA_VAULT_UNLOCK: "passphrase" }), {
        _tag: "Passphrase"
      })
    }))

  it.effect("needs the settings of the choice that was made", () =>
    Effect.gen(function*() {
      const missing = (unlock: string) => refusal({ ...production, STRATA_VAULT_UNLOCK: unlock })
      assert.deepStrictEqual(yield* missing("key-file"), ["STRATA_VAULT_KEY_FILE is required"])
      assert.deepStrictEqual(yield* missing("environment"), ["STRATA_VAULT_KEY is required"])
      assert.deepStrictEqual(yield* missing("command"), ["STRATA_VAULT_KEY_COMMAND is required"])
      const both = { STRATA_VAULT_UNLOCK: "environment", STRATA_VAULT_KEY: base64, STRATA_VAULT_KEY_FD: "3" }
      assert.deepStrictEqual(yield* refusal({ ...production, ...both }), [
        "STRATA_VAULT_KEY_FD is set together with STRATA_VAULT_KEY"
      ])
    }))

  it.effect("may leave the key file's place to local", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* chosen({ STRATA_VAULT_UNLOCK: "key-file" }), {
        _tag: "KeyFile",
        file: Option.none()
      })
      const named = { ...production, STRATA_VAULT_UNLOCK: "key-file", STRATA_VAULT_KEY_FILE: "/key" }
      assert.deepStrictEqual(yield* chosen(named), { _tag: "KeyFile", file: Option.some("/key") })
    }))

  it.effect("takes a key as base64 or hexadecimal text, redacted, or the number of a descriptor", () =>
    Effect.gen(function*() {
      const environment = { ...production, STRATA_VAULT_UNLOCK: "environment" }
      for (const key of [base64, "0f".repeat(32)]) {
        const unlock = yield* chosen({ ...environment, STRATA_VAULT_KEY: key })
        assert.isTrue(unlock._tag === "Value" && Redacted.value(unlock.value) === key)
        assert.notInclude(inspect(unlock, { depth: 9 }), key)
      }
      const failure = yield* Effect.flip(chosen({ ...environment, STRATA_VAULT_KEY: "correct horse" }))
      assert.notInclude(inspect(failure, { depth: 9 }), "correct horse")
      assert.deepStrictEqual(yield* chosen({ ...environment, STRATA_VAULT_KEY_FD: "3" }), {
        _tag: "Descriptor",
        descriptor: 3
      })
    }))

  it.effect("takes STRATA_VAULT_KEY_FILE for the key file and never for a file that holds STRATA_VAULT_KEY", () =>
    Effect.gen(function*() {
      const environment = { ...production, STRATA_VAULT_UNLOCK: "environment", STRATA_VAULT_KEY_FILE: "/not/there" }
      assert.deepStrictEqual(yield* refusal(environment), ["STRATA_VAULT_KEY is required"])
    }))

  it("reads a command as words, or as a JSON array where a word has spaces or quotes", () => {
    const decode = Schema.decodeEither(CommandLine)
    assert.deepStrictEqual(decode(" pass show  a/b "), Either.right(["pass", "show", "a/b"]))
    assert.deepStrictEqual(decode("[\"/opt/my tool\", \"it's\"]"), Either.right(["/opt/my tool", "it's"]))
    for (const text of ["", "  ", "[]", "[1]", "[\"a\"", "tool \"a b\"", "tool 'a'", "[\"\"]"]) {
      assert.isTrue(Either.isLeft(decode(text)), text)
    }
  })
})
