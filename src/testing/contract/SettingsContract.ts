/**
 * What every `Settings` must do. Each contract is about an adapter whose sources are the fixture of the same name. Not
 * covered: which settings there are, and how the pages are worded.
 */
import { Effect, Either, Option, Schema } from "effect"
import { Setting } from "../../domain/operations/Setting.ts"
import { Settings } from "../../domain/operations/Settings.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** What an adapter's sources have to hold: the environment, and text files by path. */
export interface Fixture {
  readonly environment: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
}

const planted = "correct-horse-battery-staple"

/** Valid, with one warning: a name in the environment that is nearly a setting's. */
export const usable: Fixture = {
  environment: {
    STRATA_ENV: "development",
    STRATA_API_TIMEOUT: "25",
    STRATA_BACKEND_PORT: "",
    STRATA_LOG_LEVL: "info"
  },
  files: {
    ".env.development.local": `STRATA_USERNAME=grace\nSTRATA_PASSWORD='${planted}'\n`,
    ".env.development": "STRATA_API_URL=https://api.example.com\nSTRATA_API_TIMEOUT=20\n",
    "config/development.json": "{ \"STRATA_API_TIMEOUT\": 15, \"STRATA_BACKEND_PORT\": 8787 }"
  }
}

/** Invalid in five ways. */
export const unusable: Fixture = {
  environment: {
    STRATA_ENV: "production",
    STRATA_API_TIMEOUT: "soon",
    STRATA_ANALYTICS_WRITE_KEY: planted,
    OTEL_EXPORTER_OTLP_HEADERS: planted
  },
  files: { "config/production.json": "{ \"STRATA_API_TIMEOUT\": 15 }" }
}

/** Five rows: two settings are missing, one belongs to a group that is partly set, two cannot be decoded. */
const wrong = [
  "OTEL_EXPORTER_OTLP_HEADERS",
  "STRATA_ANALYTICS_URL",
  "STRATA_API_TIMEOUT",
  "STRATA_API_URL",
  "STRATA_VAULT_UNLOCK"
]

/** Chooses a profile that does not exist. */
export const profileless: Fixture = { environment: { STRATA_ENV: "prodution" }, files: {} }

const tells = (value: unknown) => JSON.stringify(value).includes(planted)

const same = Schema.equivalence(Setting)

const find = (settings: ReadonlyArray<Setting>, key: string) =>
  Option.fromNullable(settings.find((setting) => setting.key === key))

const explained = (key: string, value: string, origin: string, shadowed: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const found = find(yield* (yield* Settings).explain, key)
    yield* ensure(Option.isSome(found), `${key} is not explained`)
    const setting = Option.getOrThrow(found)
    yield* ensure(setting.value === value, `${key} is ${setting.value}`)
    yield* ensure(setting.origin === origin, `${key} comes from ${setting.origin}`)
    yield* ensure(
      shadowed.every((source) => setting.shadowed.includes(source)) && !setting.shadowed.includes(origin),
      `${key} shadows ${setting.shadowed.join(", ")}`
    )
  })

const allEqual = contractCase(
  "explains one setting like all of them",
  Effect.gen(function*() {
    const settings = yield* Settings
    const all = yield* settings.explain
    yield* ensure(all.length > 0 && new Set(all.map(({ key }) => key)).size === all.length, "keys are not unique")
    for (const setting of all) {
      const one = yield* settings.explainOne(setting.key)
      yield* ensure(same(one, setting), `${setting.key} is explained in two ways`)
    }
  })
)

export const contract: Contract<Settings> = {
  name: "Settings",
  cases: [
    contractCase(
      "says which profile it is",
      Effect.gen(function*() {
        const profile = yield* (yield* Settings).profile
        yield* ensure(profile === "development", `it is ${profile}`)
      })
    ),
    contractCase(
      "accepts a valid configuration and warns of a name that it does not know",
      Effect.gen(function*() {
        const warnings = yield* (yield* Settings).check
        const [warning] = warnings
        yield* ensure(warnings.length === 1 && warning?.key === "STRATA_LOG_LEVL", `${warnings.length} warnings`)
        yield* ensure(warning?.fix?.includes("STRATA_LOG_LEVEL") === true, "nothing is suggested")
      })
    ),
    contractCase(
      "explains value, origin and what lost",
      explained("STRATA_API_TIMEOUT", "25", "environment", [".env.development", "config/development.json", "default"])
    ),
    contractCase(
      "takes empty for unset",
      explained("STRATA_BACKEND_PORT", "8787", "config/development.json", ["default"])
    ),
    allEqual,
    contractCase(
      "masks secrets wherever it mentions them",
      Effect.gen(function*() {
        const settings = yield* Settings
        const all = yield* settings.explain
        const password = Option.getOrUndefined(find(all, "STRATA_PASSWORD"))
        yield* ensure(password?.secret === true, "the password is no secret")
        yield* ensure(
          password?.value !== undefined && password.origin === ".env.development.local",
          "it is not shown as set"
        )
        const said = [all, yield* settings.check, yield* settings.docs, yield* settings.example]
        yield* ensure(!said.some(tells), "a secret is told")
      })
    ),
    contractCase(
      "knows no setting of another name and suggests the nearest",
      Effect.gen(function*() {
        const settings = yield* Settings
        const near = yield* Effect.flip(settings.explainOne("STRATA_API_URI"))
        yield* ensure(
          near._tag === "UnknownSetting" && near.suggestion === "STRATA_API_URL",
          `it fails with ${near._tag}`
        )
        const far = yield* Effect.flip(settings.explainOne("QUITE_ANOTHER_THING"))
        yield* ensure(far._tag === "UnknownSetting" && far.suggestion === undefined, "it suggests what is not near")
      })
    ),
    contractCase(
      "documents every setting and sets nothing in the example",
      Effect.gen(function*() {
        const settings = yield* Settings
        const [docs, example] = [yield* settings.docs, yield* settings.example]
        for (const { key } of yield* settings.explain) yield* ensure(docs.includes(key), `${key} is not documented`)
        yield* ensure(example.includes("STRATA_API_URL="), "the example names no setting")
        yield* ensure(
          example.split("\n").every((line) => line === "" || line.startsWith("#")),
          "the example sets something"
        )
      })
    )
  ]
}

export const unusableContract: Contract<Settings> = {
  name: "Settings that cannot be used",
  cases: [
    contractCase(
      "names every problem at once, with its origin",
      Effect.gen(function*() {
        const failure = yield* Effect.flip((yield* Settings).check)
        const keys = failure.issues.map(({ key }) => key).toSorted()
        yield* ensure(failure.profile === "production", `the profile is ${failure.profile}`)
        yield* ensure(keys.join() === wrong.join(), `it reports ${keys.join(", ")}`)
        yield* ensure(
          failure.issues.every(({ origin, problem }) => origin !== "" && problem !== ""),
          "a row is not filled"
        )
      })
    ),
    contractCase(
      "tells no secret in a problem",
      Effect.gen(function*() {
        const failure = yield* Effect.flip((yield* Settings).check)
        yield* ensure(!tells([failure, failure.message, String(failure), failure.stack]), "a secret is told")
      })
    ),
    contractCase(
      "says its profile and explains every setting all the same",
      Effect.gen(function*() {
        const settings = yield* Settings
        yield* ensure((yield* settings.profile) === "production", "the profile is another")
        yield* ensure(!tells(yield* settings.explain), "a secret is told")
      })
    ),
    contractCase(
      "shows an invalid value instead of the valid one below it",
      explained("STRATA_API_TIMEOUT", "soon", "environment", ["config/production.json", "default"])
    ),
    allEqual
  ]
}

export const profilelessContract: Contract<Settings> = {
  name: "Settings without a profile",
  cases: [
    contractCase(
      "fails the same way wherever the profile is needed",
      Effect.gen(function*() {
        const settings = yield* Settings
        const needing = [
          Effect.asVoid(settings.profile),
          Effect.asVoid(settings.check),
          Effect.asVoid(settings.explain),
          Effect.asVoid(settings.explainOne("STRATA_HOME"))
        ]
        for (const effect of needing) {
          const failure = yield* Effect.either(effect)
          yield* ensure(
            Either.isLeft(failure) && failure.left._tag === "InvalidSettings" &&
              failure.left.issues.map(({ key }) => key).join() === "STRATA_ENV",
            "the profile is not reported"
          )
        }
      })
    ),
    contractCase(
      "still has its pages",
      Effect.gen(function*() {
        const settings = yield* Settings
        yield* ensure((yield* settings.docs) !== "" && (yield* settings.example) !== "", "a page is empty")
      })
    )
  ]
}
