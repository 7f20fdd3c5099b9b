/**
 * One configuration value and where it comes from. Secrets are masked.
 */
import { Schema } from "effect"

export class Setting extends Schema.Class<Setting>("Setting")({
  key: Schema.String,
  description: Schema.String,
  secret: Schema.Boolean,

  /** As text, masked when secret; absent when unset. */
  value: Schema.optional(Schema.String),

  /** Where `value` was found, such as "environment", ".env.local" or "default"; absent when unset. */
  origin: Schema.optional(Schema.String),

  /** Lower sources that also set it and lost, in order of precedence. */
  shadowed: Schema.Array(Schema.String)
}) {}

/** One thing wrong with the configuration. `problem` never holds a secret's value. */
export class SettingIssue extends Schema.Class<SettingIssue>("SettingIssue")({
  key: Schema.String,
  problem: Schema.String,
  origin: Schema.String,
  fix: Schema.optional(Schema.String)
}) {}

/** The configuration cannot be used; every problem is listed. */
export class InvalidSettings extends Schema.TaggedError<InvalidSettings>()("InvalidSettings", {
  profile: Schema.String,
  issues: Schema.NonEmptyArray(SettingIssue)
}) {
  override get message() {
    return `Configuration is not valid for profile "${this.profile}" (${this.issues.length} problem${
      this.issues.length === 1 ? "" : "s"
    })`
  }
}
