/**
 * The profile at the backend, in whichever version it is served.
 */
import { Effect, identity } from "effect"
import { Profile } from "../../../domain/user/Profile.ts"
import { ApiClient } from "../../network/api/ApiClient.ts"
import { versioned } from "../../network/api/CallOptions.ts"
import { currentApiVersion, deprecatedApiVersion } from "../../network/api/contract/ApiVersion.ts"
import { ProfileV1 } from "../../network/api/contract/ProfileApi.ts"
import * as ApiVersions from "../../network/api/version/ApiVersions.ts"

export const profileVersions = ApiVersions.make({
  [currentApiVersion]: ApiVersions.version<Profile, Profile, typeof Profile.Encoded>({
    schema: Profile,
    up: identity,
    down: identity
  }),
  [deprecatedApiVersion]: ApiVersions.version({
    schema: ProfileV1,
    up: ({ id, login, name }) => new Profile({ id, username: login, displayName: name }),
    down: ({ displayName, id, username }) => ({ id, login: username, name: displayName })
  })
}, { resource: "/profile", strategy: "path" })

export const make = Effect.map(ApiClient, (api) => ({
  get: versioned(profileVersions)(api.call((client) => client.profile.get()))
}))
