/**
 * The person an account belongs to.
 */
import { Schema } from "effect"

/** Given by the backend, opaque. */
export const UserId = Schema.NonEmptyString.pipe(Schema.brand("UserId"))
export type UserId = typeof UserId.Type

export class User extends Schema.Class<User>("User")({
  id: UserId,
  username: Schema.NonEmptyString
}) {}
