import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Inspectable } from "effect"
import * as Configuration from "../../../../src/infrastructure/config/env/Configuration.ts"
import * as EnvSettings from "../../../../src/infrastructure/config/env/EnvSettings.ts"
import * as MemorySources from "../../../../src/infrastructure/config/env/MemorySources.ts"
import { settings } from "../../../../src/infrastructure/config/env/Slices.ts"

const secretKeys = settings.filter(({ secret }) => secret === true).map(({ key }) => key)
const canary = "CANARY"

/** Where a secret can stand, well written and not. */
const placements: ReadonlyArray<(key: string, value: string) => MemorySources.Records> = [
  (key, value) => ({ overrides: { [key]: value } }),
  (key, value) => ({ environment: { [key]: value } }),
  (key, value) => ({ environment: { [`${key}_FILE`]: "/secret" }, files: { "/secret": value } }),
  (key, value) => ({ files: { ".env.local": `${key}=${value}` } }),
  (key, value) => ({ files: { ".env.local.local": `${key}='${value}` } }),
  (key, value) => ({ files: { ".env.local": `${key}: ${value}` } }),
  (key, value) => ({ files: { "config/local.json": `{ "${key}": ${JSON.stringify(value)} }` } }),
  (key, value) => ({ files: { "config/local.json": `{ "${key}": ["${value}"] }` } }),
  (key, value) => ({ files: { "config/local.json": `{ "${key}": ${value} }` } }),
  (key, value) => ({ files: { "config/local.json": `{ "token" ${value}, "${key}": "x"` } }),
  (key, value) => ({ environment: { [`${key}X`]: value } }),
  (key, value) => ({ overrides: { [`${key}X`]: value } }),
  (key, value) => ({ environment: { [key]: `secret://${value}` } })
]

const text = (value: unknown) => `${JSON.stringify(value)}${Inspectable.toStringUnknown(value)}`

/** Everything that is said about a configuration. The pages are not: they are the same for all. */
const saidAbout = (records: MemorySources.Records) =>
  Effect.gen(function*() {
    const { check, explain } = EnvSettings.make(MemorySources.make(records))
    const checked = yield* Effect.either(check)
    const message = checked._tag === "Left" ? checked.left.message : ""
    return [message, checked, yield* Effect.either(explain)].map(text).join("\n")
  })

const surroundings = FastCheck.tuple(FastCheck.string({ maxLength: 6 }), FastCheck.string({ maxLength: 100 }))

describe("secrets in the configuration", () => {
  it.effect("are told nowhere, wherever they stand and however wrong they are", () =>
    Effect.gen(function*() {
      for (const key of secretKeys) {
        for (const place of placements) {
          for (const [before, after] of FastCheck.sample(surroundings, 4)) {
            const records = place(key, `${before}${canary}${after}`)
            const said = yield* saidAbout(records)
            assert.isAbove(said.length, 1000)
            assert.isFalse(said.includes(canary), `told: ${text(records)}`)
          }
        }
      }
    }))

  it.effect("are hidden when they are too short", () =>
    Effect.gen(function*() {
      const said = yield* saidAbout({ environment: { STRATA_ANALYTICS_WRITE_KEY: canary } })
      assert.include(said, "is not acceptable (value hidden); expected at least 8 characters")
      assert.notInclude(said, canary)
    }))

  it.effect("are not read from a secret store that nobody opened", () =>
    Effect.gen(function*() {
      const said = yield* saidAbout({ environment: { STRATA_PASSWORD: "secret://password", STRATA_USERNAME: "grace" } })
      assert.include(said, "refers to a secret store")
    }))

  it.effect("in a URL are hidden although the URL is no secret", () =>
    Effect.gen(function*() {
      const said = yield* saidAbout({
        environment: {
          STRATA_ANALYTICS_URL: `https://ada:${canary}@example.com/`,
          OTEL_EXPORTER_OTLP_ENDPOINT: `https://example.com/?token=${canary}`
        }
      })
      assert.include(said, "https://[REDACTED]@example.com/")
      assert.notInclude(said, canary)
    }))

  it.effect("are not told when they stand where a path, a number or a choice belongs", () =>
    Effect.gen(function*() {
      const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => (index === 0 ? 0xfc : index * 7)))
      const forms = [bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex")]
      assert.isTrue(forms[0]?.startsWith("/"))
      for (const key of ["STRATA_VAULT_KEY_FILE", "STRATA_VAULT_KEY_FD", "STRATA_VAULT_UNLOCK", "STRATA_HOME"]) {
        for (const form of forms) {
          for (const written of [form, ` ${form}`]) {
            for (const records of [{ environment: { [key]: written } }, { overrides: { [key]: written } }]) {
              const said = yield* saidAbout(records)
              assert.include(said, key)
              assert.isFalse(said.includes(form), `told: ${text(records)}`)
            }
          }
        }
      }
    }))

  it.effect("are refused on the command line, which every process can read", () =>
    Effect.gen(function*() {
      for (const key of secretKeys) {
        const { issues } = yield* Effect.flip(Effect.asVoid(Configuration.load(MemorySources.make({
          overrides: { [key]: "0f".repeat(32) }
        }))))
        const problems = issues.filter((each) => each.key === key && each.origin === "--set")
        assert.isTrue(problems.some(({ problem }) => problem.startsWith("cannot be set here")), key)
        assert.notInclude(text(problems), "0f0f")
      }
      const file = yield* Effect.either(Configuration.load(MemorySources.make({
        overrides: { STRATA_PASSWORD_FILE: "/password", STRATA_USERNAME: "grace" },
        files: { "/password": "x" }
      })))
      assert.strictEqual(file._tag, "Right")
    }))

  it.effect("do not hide in control characters that a terminal obeys", () =>
    Effect.gen(function*() {
      const { issues } = yield* Effect.flip(Effect.asVoid(Configuration.load(MemorySources.make({
        environment: { STRATA_BACKEND_PORT: "1\u001B[2K\u202E" },
        overrides: { "STRATA_\u001B[31m": "1" }
      }))))
      assert.strictEqual(issues.length, 2)
      assert.notMatch(issues.map(({ key, problem }) => key + problem).join(""), /[\p{Cc}\p{Cf}]/u)
    }))
})
