import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Inspectable, Redacted } from "effect"
import { parse, textOf } from "../../../../src/infrastructure/network/api/ProblemDetails.ts"

const body = JSON.stringify({
  type: "https://example.com/probs/out-of-credit",
  title: "You do not have enough credit.",
  status: 403,
  detail: "Your current balance is 30, but that costs 50.",
  instance: "/account/12345/msgs/abc",
  balance: 30,
  errors: [{ pointer: "#/age" }, { detail: "no place" }, "colour", 7]
})

const nothing = { title: undefined, detail: undefined, instance: undefined }

const answer = (content: ReadableStream | string | null) =>
  HttpClientResponse.fromWeb(HttpClientRequest.get("/"), new Response(content, { status: 400 }))

describe("ProblemDetails", () => {
  it("reads every member and keeps the others", () => {
    const problem = parse(body, "application/problem+json; charset=utf-8")
    assert.deepInclude(problem, {
      type: "https://example.com/probs/out-of-credit",
      status: 403,
      issues: ["#/age", "colour"]
    })
    assert.deepInclude(Redacted.value(problem.told), {
      title: "You do not have enough credit.",
      detail: "Your current balance is 30, but that costs 50.",
      instance: "/account/12345/msgs/abc"
    })
    assert.deepInclude(Redacted.value(problem.told).extensions, { balance: 30 })
  })

  it("takes any JSON for a problem, and nothing else", () => {
    for (const type of [undefined, "application/json", "application/problem+json", "application/vnd.x+json;v=1"]) {
      assert.strictEqual(parse(body, type).status, 403, type)
    }
    for (const type of ["text/html", "application/problem+xml", "application/jsonx", ""]) {
      assert.strictEqual(parse(body, type).status, undefined, type)
    }
  })

  it("leaves out what is missing or of another type; without a type it is about:blank", () => {
    for (
      const text of [
        "",
        "<html>",
        "null",
        "[]",
        "7",
        "{}",
        "{\"type\":7,\"status\":\"403\",\"title\":[],\"detail\":{},\"instance\":null,\"errors\":\"x\"}",
        `{"type":7,"status":1.5,"x":"${"x".repeat(70_000)}"}`
      ]
    ) {
      const { told, ...rest } = parse(text)
      assert.deepStrictEqual(rest, { type: "about:blank", status: undefined, issues: [] }, text.slice(0, 20))
      assert.deepInclude(Redacted.value(told), nothing)
    }
  })

  it("shows none of its words when it is printed", () => {
    const text = Inspectable.toStringUnknown(parse(body))
    for (const word of ["credit.", "balance", "12345"]) assert.notInclude(text, word)
  })

  it.effect("reads no more of a body than a problem may have", () =>
    Effect.gen(function*() {
      let read = 0
      const endless = new ReadableStream({
        pull: (controller) => {
          read++
          controller.enqueue(new Uint8Array(1024).fill(32))
        }
      })
      assert.strictEqual(yield* textOf(answer(endless)), "")
      assert.isAtMost(read, 80)
      assert.strictEqual(yield* textOf(answer(body)), body)
      assert.strictEqual(yield* textOf(answer(null)), "")
    }))
})
