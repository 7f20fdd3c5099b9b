import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { failureOf, post, run } from "../Calls.ts"
import * as ScriptedServer from "../ScriptedServer.ts"

const issues = (body: unknown) =>
  Effect.map(run(() => ScriptedServer.json(422, body), post), (outcome) => {
    const failure = failureOf(outcome)
    return failure?._tag === "Rejected" ? failure.issues : undefined
  })

describe("RemoteFailures", () => {
  it.effect("maps every error status to the failure a caller acts on", () =>
    Effect.gen(function*() {
      const tags = {
        400: "Rejected",
        403: "Forbidden",
        404: "NotFound",
        409: "Conflict",
        410: "NotFound",
        412: "Conflict",
        418: "Rejected",
        422: "Rejected",
        426: "UpgradeRequired",
        429: "RateLimited",
        500: "Unavailable",
        501: "Unavailable",
        503: "Unavailable",
        504: "OutcomeUnknown"
      }
      for (const [status, tag] of Object.entries(tags)) {
        const outcome = yield* run(() => new Response("<html>", { status: Number(status) }), post)
        assert.strictEqual(failureOf(outcome)?._tag, tag, status)
      }
    }))

  it.effect("names the fields of a problem and tolerates any other", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* issues({ errors: ["title", { pointer: "/topic" }, { secret: "x" }, 7] }), [
        "title",
        "/topic"
      ])
      for (const body of [{}, [], null, "text", { errors: "title" }, { errors: { title: "bad" } }, { status: "x" }]) {
        assert.deepStrictEqual(yield* issues(body), [])
      }
    }))
})
