/**
 * What the stages that send a request once more have in common, whatever their reason.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Either } from "effect"
import { BodyNotReplayable } from "../api/ApiError.ts"
import { discard } from "../api/transport/Discard.ts"
import * as Aftermath from "./Aftermath.ts"
import type { Attempt } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import * as Replay from "./Replay.ts"

/** Lets go of the answer to an attempt that another one follows, and keeps it in the history of the call. */
export const letGo = (attempt: Attempt, response: HttpClientResponse): Effect.Effect<void> =>
  Effect.suspend(() => {
    Aftermath.record(Either.right(response), attempt, attempt.sentAt ?? attempt.call.now())
    return discard(response)
  })

/** The answers after which this is asked say that nothing was done. */
export const replayable = (request: HttpClientRequest, call: Call): Effect.Effect<void, BodyNotReplayable> =>
  Replay.isOneShot(request, call) ? new BodyNotReplayable({ outcome: "rejected" }) : Effect.void
