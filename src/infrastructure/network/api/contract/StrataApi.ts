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
