/**
 * `strata config`: what is configured, from where, and whether it is valid. Builds no environment.
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { Effect, Option, Schema } from "effect"
import { Setting, SettingIssue } from "../../domain/operations/Setting.ts"
import { Settings } from "../../domain/operations/Settings.ts"
import { json, text } from "../Arguments.ts"
import { withSettings } from "../InEnvironment.ts"
import { bold, dim, green, note, print, printable, printJson, printRows, yellow } from "../Output.ts"

const check = Command.make("check", { json }, (options) =>
  Effect.gen(function*() {
    const settings = yield* Settings
    const warnings = yield* settings.check
    const profile = yield* settings.profile
    if (options.json) return yield* printJson("warnings", Schema.Array(SettingIssue), warnings)
    for (const { fix, key, problem } of warnings) {
      yield* note(`${yellow("!")} ${printable(key)} ${problem}${fix === undefined ? "" : ` (${fix})`}`)
    }
    yield* print(`${green("✔")} Configuration is valid for profile "${profile}"`)
  }).pipe(withSettings)).pipe(Command.withDescription("Check the whole configuration; exit 78 when it is not valid"))

const row = ({ key, origin, shadowed, value }: Setting) => [
  bold(key),
  value === undefined ? dim("unset") : printable(value),
  dim([origin ?? "", ...shadowed.map((source) => `(over ${source})`)].join(" ").trim())
]

const explain = Command.make(
  "explain",
  { key: text("KEY", "One setting; all of them when absent").pipe(Args.optional), json },
  (options) =>
    Effect.gen(function*() {
      const settings = yield* Settings
      if (Option.isNone(options.key)) {
        const all = yield* settings.explain
        return yield* options.json ? printJson("settings", Schema.Array(Setting), all) : printRows(all.map(row))
      }
      const one = yield* settings.explainOne(options.key.value)
      if (options.json) return yield* printJson("setting", Setting, one)
      yield* printRows([row(one)])
      yield* print(dim(one.description))
    }).pipe(withSettings)
).pipe(Command.withDescription("Show every value, where it comes from and what it shadows; secrets are masked"))

const example = Command.make(
  "example",
  {},
  () => withSettings(Effect.flatMap(Settings, (settings) => Effect.flatMap(settings.example, print)))
)
  .pipe(Command.withDescription("Print a commented .env file"))

const docs = Command.make(
  "docs",
  {},
  () => withSettings(Effect.flatMap(Settings, (settings) => Effect.flatMap(settings.docs, print)))
)
  .pipe(Command.withDescription("Print the configuration page in Markdown"))

export const config = Command.make("config").pipe(
  Command.withDescription("Configuration: check, explain, example, docs"),
  Command.withSubcommands([check, explain, example, docs])
)
