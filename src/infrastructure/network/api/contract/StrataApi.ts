/**
 * The whole wire contract, shared by client and backend.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import { AnalyticsApi } from "./AnalyticsApi.ts"
import { DevicesApi } from "./DevicesApi.ts"
import { NotesApi } from "./NotesApi.ts"
import { ForbiddenProblem, UnavailableProblem } from "./Problem.ts"
import { ProfileApi, ProfileV1Api } from "./ProfileApi.ts"
import { SessionsApi } from "./SessionsApi.ts"

/** A request with a larger body is answered with 413; one note of the largest size always fits. */
export const requestMaxBytes = 16 * 1024 * 1024

export class StrataApi extends HttpApi.make("strata")
  .add(SessionsApi)
  .add(ProfileApi)
  .add(ProfileV1Api)
  .add(NotesApi)
  .add(DevicesApi)
  .add(AnalyticsApi)
  .addError(ForbiddenProblem)
  .addError(UnavailableProblem)
{}
