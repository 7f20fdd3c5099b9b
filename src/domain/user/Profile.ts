/**
 * What a person tells about themselves.
 */
import { Schema } from "effect"
import { UserId } from "../auth/User.ts"

export class Profile extends Schema.Class<Profile>("Profile")({
  id: UserId,
  username: Schema.NonEmptyString,
  displayName: Schema.String
}) {}
