/**
 * The credentials of one sign-in.
 */
import { Schema } from "effect"

export class LoginRequest extends Schema.Class<LoginRequest>("LoginRequest")({
  username: Schema.NonEmptyString,
  password: Schema.Redacted(Schema.String)
}) {}
