/**
 * The profile at the backend.
 */
import { Effect } from "effect"
import { ApiClient } from "../../network/api/ApiClient.ts"

export const make = Effect.map(ApiClient, (api) => ({
  get: api.call((client) => client.profile.get())
}))
