/**
 * The signed-in person's profile, in its current and its deprecated version. Both carry a strong `ETag` and answer
 * `If-None-Match` with 304 (RFC 9110, section 13).
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { UserId } from "../../../../domain/auth/User.ts"
import { Profile } from "../../../../domain/user/Profile.ts"
import { currentApiVersion, deprecatedApiVersion } from "./ApiVersion.ts"
import { Authorization } from "./Authorization.ts"

export class ProfileApi extends HttpApiGroup.make("profile")
  .add(HttpApiEndpoint.get("get", "/profile").addSuccess(Profile))
  .middleware(Authorization)
  .prefix(`/${currentApiVersion}`)
{}

/** What version 1 called a profile: the username was the login, the displayed name just the name. */
export const ProfileV1 = Schema.Struct({ id: UserId, login: Schema.NonEmptyString, name: Schema.String })

/** Every answer has `Deprecation`, `Sunset` and a `Link` to its successor; after the sunset it is 410. */
export class ProfileV1Api extends HttpApiGroup.make("profileV1")
  .add(HttpApiEndpoint.get("get", "/profile").addSuccess(ProfileV1))
  .middleware(Authorization)
  .prefix(`/${deprecatedApiVersion}`)
{}
