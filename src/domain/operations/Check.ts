/**
 * One thing that was looked at to tell whether the application can work.
 */
import { Schema } from "effect"

export class Check extends Schema.Class<Check>("Check")({
  name: Schema.String,
  status: Schema.Literal("ok", "warning", "failed"),

  /** What was found, safe to print. */
  detail: Schema.String,

  /** What the person can do about it; absent when there is nothing to do. */
  fix: Schema.optional(Schema.String)
}) {}
