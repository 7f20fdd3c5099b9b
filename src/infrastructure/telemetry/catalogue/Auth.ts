/**
 * Telemetry of signing in and out. Nothing here names a person.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const signIn = define({
  name: "auth.sign_in",
  doc: "One sign-in, from checking the secret store to the stored session",
  attributes: { "strata.auth.method": "How the person proved who they are: `password`" }
})

export const refresh = define({
  name: "auth.refresh",
  doc: "One exchange of the refresh token, the wait for other processes included; callers that share it have no span",
  attributes: { "strata.auth.result": "`refreshed`, `adopted` (another process was first), `expired` or `failed`" }
})

export const signOut = define({
  name: "auth.sign_out",
  doc: "One sign-out: the local session goes first, then the backend is told",
  attributes: { "strata.auth.revoked": "Whether the backend confirmed" }
})

export const refreshes = MetricDefinition.counter({
  name: "strata.auth.refreshes",
  unit: "{refresh}",
  doc: "Refreshes of the access token by what came of them",
  attributes: {
    "strata.auth.result": { doc: "As on the span", values: ["refreshed", "adopted", "expired", "failed"] }
  }
})
