import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isApiError } from "../../../../src/infrastructure/network/api/ApiError.ts"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { CallOptions } from "../../../../src/infrastructure/network/api/CallOptions.ts"
import * as RemoteFailures from "../../../../src/infrastructure/network/interceptors/RemoteFailures.ts"
import type { Step } from "../../../../src/testing/ScriptedTransport.ts"
import * as Loop from "./Loop.ts"

const retry = { ...ApiPolicy.defaults.retry, shouldRetryHeader: true }

/** What the caller hears after these exchanges; the last one goes on. */
const after = (steps: ReadonlyArray<Step>, method: "GET" | "PUT" | "POST", options: CallOptions = {}) => {
  const loop = Loop.scripted(({ number }) => steps[number - 1] ?? steps.at(-1) ?? {}, { retry })
  const request = HttpClientRequest.make(method)(`${Loop.url}/things`)
  return loop.call(method === "GET" ? request : HttpClientRequest.setBody(request, HttpBody.text("body")), { options })
    .pipe(
      Effect.flip,
      Effect.map((error) => {
        const [call] = loop.calls
        return {
          tag: call !== undefined && isApiError(error) ? RemoteFailures.failureOf(error, call)._tag : error._tag,
          exchanges: loop.exchanges.length,
          budget: loop.origin.retryBudget.available
        }
      }),
      Loop.inVirtualTime()
    )
}

const refused: Step = { refuse: true }
const told = { "x-should-retry": "true" }

describe("a call that was retried", () => {
  it.effect("is not told of as never sent when an earlier attempt may have been seen", () =>
    Effect.gen(function*() {
      for (const seen of [{ reset: true }, { status: 502 }, { status: 503 }, { status: 429 }] satisfies Array<Step>) {
        for (const method of ["GET", "PUT", "POST"] as const) {
          const ended = yield* after([seen, refused], method, { idempotencyKey: "k" })
          assert.deepStrictEqual([ended.tag, ended.exchanges], ["Unavailable", 4], `${method} ${JSON.stringify(seen)}`)
        }
      }
      assert.strictEqual((yield* after([refused], "PUT")).tag, "Offline")
    }))

  it.effect("leaves open what became of it when it must not be repeated, unless the backend said that it did nothing", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* after([{ status: 502, headers: told }, refused], "POST")).tag, "OutcomeUnknown")
      assert.strictEqual((yield* after([{ status: 429 }, refused], "POST")).tag, "Unavailable")
    }))

  it.effect("gets back what it paid for a retry that was refused here", () =>
    Effect.gen(function*() {
      const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "3000" }
      const ended = yield* after([{ status: 503, headers }], "GET")
      assert.deepStrictEqual(ended, { tag: "Unavailable", exchanges: 1, budget: 100 })
    }))
})
