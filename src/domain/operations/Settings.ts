/**
 * What this application can be configured with, and what it is configured with.
 */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { InvalidSettings, Setting, SettingIssue } from "./Setting.ts"

/** No setting has this name. */
export class UnknownSetting extends Schema.TaggedError<UnknownSetting>()("UnknownSetting", {
  key: Schema.String,
  suggestion: Schema.optional(Schema.String)
}) {
  override get message() {
    return `There is no setting ${this.key}${this.suggestion === undefined ? "" : `; did you mean ${this.suggestion}?`}`
  }
}

export class Settings extends Context.Tag("effect-strata/domain/operations/Settings")<
  Settings,
  {
    /** The chosen profile; fails like `check` when it does not exist. */
    readonly profile: Effect.Effect<string, InvalidSettings>

    /** Decodes everything; succeeds with the warnings. */
    readonly check: Effect.Effect<ReadonlyArray<SettingIssue>, InvalidSettings>

    /** Every setting, also those of an invalid configuration. */
    readonly explain: Effect.Effect<ReadonlyArray<Setting>, InvalidSettings>

    readonly explainOne: (key: string) => Effect.Effect<Setting, UnknownSetting | InvalidSettings>

    /** A commented `.env.example`. */
    readonly example: Effect.Effect<string>

    /** The configuration page in Markdown. */
    readonly docs: Effect.Effect<string>
  }
>() {}
