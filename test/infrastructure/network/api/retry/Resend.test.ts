import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Stream } from "effect"
import * as Resend from "../../../../../src/infrastructure/network/api/retry/Resend.ts"
import * as Stages from "../../Stages.ts"

describe("Resend", () => {
  it.effect("bodies of which nobody knows whether they can be read again are not sent again", () =>
    Effect.gen(function*() {
      const stream = HttpBody.stream(Stream.make(new Uint8Array([1])))
      const cases = [
        { body: HttpBody.raw("x"), once: true },
        { body: stream, once: true },
        { body: stream, options: { replayableBody: true }, once: false },
        { body: HttpBody.text("x"), once: false },
        { body: HttpBody.empty, once: false }
      ]
      for (const { body, once, options } of cases) {
        const call = yield* Stages.callTo(Stages.originOf(), options)
        const again = yield* Effect.either(Resend.replayable(HttpClientRequest.setBody(Stages.request, body), call))
        assert.strictEqual(Either.isLeft(again), once)
        if (Either.isLeft(again)) assert.include(again.left, { _tag: "BodyNotReplayable", outcome: "rejected" })
      }
    }))
})
