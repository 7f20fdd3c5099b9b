import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Redacted } from "effect"
import type { InvalidSettings } from "../../../../src/domain/operations/Setting.ts"
import { AccountConfig } from "../../../../src/infrastructure/config/env/AccountConfig.ts"
import { AnalyticsConfig } from "../../../../src/infrastructure/config/env/AnalyticsConfig.ts"
import { ApiConfig } from "../../../../src/infrastructure/config/env/ApiConfig.ts"
import { BackendConfig } from "../../../../src/infrastructure/config/env/BackendConfig.ts"
import * as Configuration from "../../../../src/infrastructure/config/env/Configuration.ts"
import { FoldersConfig } from "../../../../src/infrastructure/config/env/FoldersConfig.ts"
import * as MemorySources from "../../../../src/infrastructure/config/env/MemorySources.ts"
import { ProfileConfig, required } from "../../../../src/infrastructure/config/env/ProfileConfig.ts"
import { TelemetryConfig } from "../../../../src/infrastructure/config/env/TelemetryConfig.ts"
import { VaultConfig } from "../../../../src/infrastructure/config/env/VaultConfig.ts"

const load = (records: MemorySources.Records) => Configuration.load(MemorySources.make(records))

/** Without what was loaded: a runner that prints all of it when nothing is wrong takes minutes. */
const rejection = (records: MemorySources.Records) => Effect.flip(Effect.asVoid(load(records)))

const rows = (records: MemorySources.Records) =>
  Effect.map(
    rejection(records),
    ({ issues }) => issues.map(({ fix, key, origin, problem }) => [key, problem, origin, fix])
  )

const seconds = (records: MemorySources.Records) =>
  Configuration.layer(MemorySources.make(records)).pipe(
    (layer) => Effect.provide(Effect.map(ApiConfig, ({ timeout }) => Duration.toSeconds(timeout)), layer)
  )

const production = {
  STRATA_ENV: "production",
  STRATA_API_URL: "https://api.example.com/",
  STRATA_VAULT_UNLOCK: "keychain"
}

describe("configuration", () => {
  it.effect("gives every slice its values", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ProfileConfig, { profile: "local" })
      assert.deepStrictEqual(yield* ApiConfig, { url: Option.none(), timeout: Duration.seconds(10) })
      assert.deepStrictEqual(yield* VaultConfig, {
        unlock: "auto",
        keyFile: Option.none(),
        key: Option.none(),
        keyDescriptor: Option.none(),
        keyCommand: Option.none(),
        keychainPrompt: true
      })
      assert.deepStrictEqual(yield* BackendConfig, { port: 0 })
      assert.deepStrictEqual(yield* AnalyticsConfig, { destination: Option.none(), doNotTrack: false })
      assert.strictEqual((yield* FoldersConfig).data, "/home/ada/.local/share/strata/local")
      const { credentials } = yield* AccountConfig
      assert.strictEqual(Option.getOrThrow(credentials).username, "ada@example.com")
      assert.deepStrictEqual(yield* TelemetryConfig, {
        disabled: false,
        endpoint: Option.none(),
        headers: Option.none(),
        serviceName: "effect-strata",
        resourceAttributes: {},
        sampler: "parentbased_always_on",
        samplerRatio: 1,
        logLevel: "Warning"
      })
    }).pipe(Effect.provide(Configuration.layer(MemorySources.make()))))

  it.effect("decodes what is set", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* ApiConfig).url, Option.some("https://api.example.com"))
      const { sampler, samplerRatio, ...telemetry } = yield* TelemetryConfig
      assert.deepStrictEqual([sampler, samplerRatio], ["parentbased_traceidratio", 0.1])
      assert.deepStrictEqual(Option.map(telemetry.headers, Redacted.value), Option.some({ authorization: "Bearer a" }))
      assert.deepStrictEqual([telemetry.serviceName, telemetry.resourceAttributes], ["field", { "host.name": "x" }])
      assert.isTrue(telemetry.disabled)
      const { destination, doNotTrack } = yield* AnalyticsConfig
      assert.isTrue(doNotTrack)
      assert.strictEqual(Redacted.value(Option.getOrThrow(destination).writeKey), "write-key")
    }).pipe(Effect.provide(Configuration.layer(MemorySources.make({
      environment: {
        ...production,
        OTEL_SDK_DISABLED: "TRUE",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20a",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=field,host.name=x",
        STRATA_ANALYTICS_URL: "http://127.0.0.1:9000/in/",
        STRATA_ANALYTICS_WRITE_KEY: "write-key",
        DO_NOT_TRACK: "yes"
      }
    })))))

  it.effect("takes the highest of all sources", () =>
    Effect.gen(function*() {
      const key = "STRATA_API_TIMEOUT"
      const records = {
        overrides: { [key]: "1" },
        environment: { [key]: "2" },
        files: {
          ".env.local.local": `${key}=3`,
          ".env.local": `${key}=4`,
          "config/local.json": `{ "${key}": 5 }`
        }
      }
      const { files } = records
      const descending = [
        records,
        { ...records, overrides: {} },
        { files },
        { files: { ...files, ".env.local.local": "" } },
        { files: { "config/local.json": files["config/local.json"] } },
        {}
      ]
      assert.deepStrictEqual(yield* Effect.forEach(descending, seconds), [1, 2, 3, 4, 5, 10])
    }))

  it.effect("takes a secret from a named file below the environment and above .env files", () =>
    Effect.gen(function*() {
      const environment = { STRATA_PASSWORD_FILE: "/run/secrets/password", STRATA_USERNAME: "grace" }
      const files = { "/run/secrets/password": "from the file\n", ".env.local": "STRATA_PASSWORD=lower" }
      const password = (records: MemorySources.Records) =>
        Effect.gen(function*() {
          const { context, settings } = yield* load(records)
          const { credentials } = yield* Effect.provide(AccountConfig, context)
          const setting = settings.find(({ key }) => key === "STRATA_PASSWORD")
          return [Redacted.value(Option.getOrThrow(credentials).password), setting?.origin, setting?.shadowed]
        })
      assert.deepStrictEqual(
        yield* password({ environment, files }),
        ["from the file", "STRATA_PASSWORD_FILE (environment)", [".env.local", "default of local"]]
      )
      assert.strictEqual((yield* password({ environment: { ...environment, STRATA_PASSWORD: "higher" } }))[0], "higher")
    }))

  it.effect("fails when a named secret file is missing or empty, whatever lower sources hold", () =>
    Effect.gen(function*() {
      const environment = { STRATA_PASSWORD_FILE: "/run/secrets/password", STRATA_USERNAME: "grace" }
      const origin = "STRATA_PASSWORD_FILE (environment)"
      const problem = "cannot be used: the file that STRATA_PASSWORD_FILE names"
      const lower = { ".env.local": "STRATA_PASSWORD=lower" }
      assert.deepStrictEqual(yield* rows({ environment, files: lower }), [
        ["STRATA_PASSWORD", `${problem} does not exist`, origin, undefined]
      ])
      assert.deepStrictEqual(yield* rows({ environment, files: { ...lower, "/run/secrets/password": "\n" } }), [
        ["STRATA_PASSWORD", `${problem} is empty`, origin, undefined]
      ])
    }))

  it.effect("reads .env files in local, development and test only", () =>
    Effect.gen(function*() {
      const files = Object.fromEntries(
        ["local", "development", "staging", "production", "test"].map((
          name
        ) => [`.env.${name}`, "STRATA_API_TIMEOUT=4"])
      )
      const under = (profile: string) => seconds({ environment: { ...production, STRATA_ENV: profile }, files })
      assert.deepStrictEqual(yield* Effect.forEach(["local", "development", "test"], under), [4, 4, 4])
      assert.deepStrictEqual(yield* Effect.forEach(["staging", "production"], under), [10, 10])
    }))

  it.effect("reports an invalid value instead of using a valid one below it", () =>
    Effect.gen(function*() {
      const files = { ".env.local": "STRATA_BACKEND_PORT=8787" }
      assert.deepStrictEqual(yield* rows({ environment: { STRATA_BACKEND_PORT: "99999" }, files }), [
        ["STRATA_BACKEND_PORT", "Expected a whole number between 0 and 65535, got \"99999\"", "environment", undefined]
      ])
    }))

  it.effect("reports everything that is wrong at once, as an operator reads it", () =>
    Effect.gen(function*() {
      const { STRATA_ENV } = production
      const failure: InvalidSettings = yield* rejection({
        environment: {
          STRATA_ENV,
          STRATA_API_URI: "https://api.example.com",
          STRATA_BACKEND_PORT: "99999",
          STRATA_ANALYTICS_WRITE_KEY: "short",
          OTEL_TRACES_SAMPLER: "always"
        }
      })
      assert.strictEqual(failure.message, "Configuration is not valid for profile \"production\" (6 problems)")
      const consulted = "environment, config/production.json"
      const samplers =
        "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio"
      assert.deepStrictEqual(failure.issues.map((issue) => ({ ...issue })), [
        {
          key: "STRATA_API_URL",
          problem: "is required",
          origin: `not set in: ${consulted}`,
          fix: "did you mean to rename STRATA_API_URI (set in environment)?"
        },
        {
          key: "STRATA_VAULT_UNLOCK",
          problem: "is required",
          origin: `not set in: ${consulted}`,
          fix: "set it, for example STRATA_VAULT_UNLOCK=\"keychain\""
        },
        {
          key: "STRATA_ANALYTICS_URL",
          problem: "is required together with STRATA_ANALYTICS_WRITE_KEY",
          origin: `not set in: ${consulted}`,
          fix: "set it, for example STRATA_ANALYTICS_URL=\"https://events.example.com\""
        },
        {
          key: "STRATA_ANALYTICS_WRITE_KEY",
          problem: "is not acceptable (value hidden); expected at least 8 characters",
          origin: "environment"
        },
        {
          key: "OTEL_TRACES_SAMPLER",
          problem: `Expected one of ${samplers}, got "always"`,
          origin: "environment",
          fix: "did you mean always_on?"
        },
        {
          key: "STRATA_BACKEND_PORT",
          problem: "Expected a whole number between 0 and 65535, got \"99999\"",
          origin: "environment"
        }
      ])
    }))

  it.effect("counts a default neither as the rest of a group nor where a setting is required", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* rows({ environment: { STRATA_USERNAME: "grace" } })).map(([key]) => key), [
        "STRATA_PASSWORD"
      ])
      assert.deepStrictEqual(
        (yield* rows({ environment: { STRATA_ENV: "development" } })).map(([key]) => key),
        ["STRATA_API_URL"]
      )
    }))

  it.effect("takes an unknown name for a mistake in files and --set, and for a warning in the environment", () =>
    Effect.gen(function*() {
      const { warnings } = yield* load({
        environment: { STRATA_HOMES: "/x", PATH: "/bin" },
        files: { ".env.local": "PATH=/y" }
      })
      assert.deepStrictEqual(warnings.map(({ fix, key }) => [key, fix]), [[
        "STRATA_HOMES",
        "did you mean STRATA_HOME?"
      ]])
      const found = yield* rows({
        overrides: { COLOUR: "1" },
        files: {
          ".env.local": "STRATA_COLOUR=1\nSTRATA_ENV=test",
          "config/local.json": "{ \"$schema\": \"x\", \"port\": 1 }"
        }
      })
      assert.deepStrictEqual(found.map(([key, problem, origin]) => [key, problem, origin]), [
        ["STRATA_ENV", "cannot be set here, because it decides which files are read", ".env.local"],
        ["COLOUR", "is not a known setting", "--set"],
        ["STRATA_COLOUR", "is not a known setting", ".env.local"],
        ["port", "is not a known setting", "config/local.json"]
      ])
    }))

  it.effect("does not run as local where NODE_ENV is production", () =>
    Effect.gen(function*() {
      const environment = { NODE_ENV: "production" }
      assert.deepStrictEqual(yield* rows({ environment }), [
        [
          "STRATA_ENV",
          "is required when NODE_ENV is production",
          "not set in: environment",
          "set STRATA_ENV=production"
        ]
      ])
      assert.strictEqual((yield* load({ environment: { ...environment, STRATA_ENV: "local" } })).profile, "local")
    }))

  it.effect("refuses a profile that does not exist and suggests one", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* rows({ environment: { STRATA_ENV: "Prodution" } }), [[
        "STRATA_ENV",
        "Expected one of local, development, staging, production, test, got \"Prodution\"",
        "environment",
        "did you mean production?"
      ]])
    }))

  it.effect("fails typed when a Layer needs what the profile it runs in leaves unset", () =>
    Effect.gen(function*() {
      const missing = Effect.flatMap(ApiConfig, ({ url }) => required("STRATA_API_URL", url))
      const failure = yield* Effect.flip(Effect.provide(missing, Configuration.layer(MemorySources.make())))
      assert.deepStrictEqual(failure.issues.map(({ key }) => key), ["STRATA_API_URL"])
      assert.strictEqual(
        yield* Effect.provide(missing, Configuration.layer(MemorySources.make({ environment: production }))),
        "https://api.example.com"
      )
    }))

  it.effect("names the sources that hold something", () =>
    Effect.gen(function*() {
      const { sources } = yield* load({
        environment: { STRATA_ENV: "test" },
        files: { ".env.test": "PATH=/x", "config/test.json": "{ \"STRATA_API_TIMEOUT\": 3 }" }
      })
      assert.deepStrictEqual(sources, ["environment", "config/test.json"])
    }))
})
