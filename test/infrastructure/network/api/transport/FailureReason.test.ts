import { RequestError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import {
  bare,
  fromHttpClientError,
  reasonOf
} from "../../../../../src/infrastructure/network/api/transport/FailureReason.ts"

const request = HttpClientRequest.post("http://api.test/")

/** As `fetch` tells it. */
const failureOf = (code: string, syscall?: string) => {
  const cause = Object.assign(new Error(code), { code }, syscall === undefined ? {} : { syscall })
  const failure = fromHttpClientError(
    new RequestError({ request, reason: "Transport", cause: new TypeError("fetch failed", { cause }) })
  )
  return failure._tag === "TransportFailure" ? `${failure.reason}, ${failure.sent}` : failure._tag
}

describe("an error of a client", () => {
  it("says that nothing was sent when there was no connection", () => {
    assert.strictEqual(failureOf("ECONNREFUSED", "connect"), "refused, no")
    assert.strictEqual(failureOf("ENOTFOUND", "getaddrinfo"), "unresolved, no")
    assert.strictEqual(failureOf("EHOSTUNREACH", "connect"), "unreachable, no")
    // Of several addresses.
    assert.strictEqual(failureOf("ECONNREFUSED"), "refused, no")
    assert.strictEqual(failureOf("CERT_HAS_EXPIRED"), "tls, no")
    assert.strictEqual(failureOf("ERR_TLS_CERT_ALTNAME_INVALID"), "tls, no")
  })

  it("leaves open what was sent when a connection broke, whatever it broke of", () => {
    for (const syscall of ["read", "write"]) {
      assert.strictEqual(failureOf("EHOSTUNREACH", syscall), "unreachable, maybe")
      assert.strictEqual(failureOf("ENETDOWN", syscall), "unreachable, maybe")
      assert.strictEqual(failureOf("EPROTO", syscall), "tls, maybe")
      assert.strictEqual(failureOf("ECONNRESET", syscall), "reset, maybe")
    }
    assert.strictEqual(failureOf("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), "tls, maybe")
  })
})

/** Each the cause of the one before, the first that of the last. */
const circle = (...codes: ReadonlyArray<string>) => {
  const errors = codes.map((code) => Object.assign(new Error(code), { code }))
  errors.forEach((error, index) => {
    error.cause = errors[(index + 1) % errors.length]
  })
  return errors[0]
}

const messages = (error: unknown): ReadonlyArray<string> =>
  error instanceof Error ? [error.message, ...messages(error.cause)] : []

const endless = (): Error => Object.defineProperty(new Error("more"), "cause", { get: endless })

describe("an error that is its own cause", () => {
  it("is read once around", () => {
    assert.strictEqual(reasonOf(circle("A")), "other")
    assert.strictEqual(reasonOf(circle("A", "B")), "other")
    assert.strictEqual(reasonOf(circle("A", "B", "ECONNREFUSED")), "refused")
    const failure = (...codes: ReadonlyArray<string>) =>
      fromHttpClientError(new RequestError({ request, reason: "Transport", cause: circle(...codes) }))
    assert.deepInclude(failure("ECONNREFUSED", "A"), { reason: "refused", sent: "no" })
    assert.deepInclude(failure("A", "ECONNREFUSED", "ERR_SSL_X"), { reason: "refused", sent: "maybe" })
  })

  it("is copied once around", () => {
    assert.deepStrictEqual(messages(bare(circle("A"))), ["A"])
    assert.deepStrictEqual(messages(bare(circle("A", "B", "C"))), ["A", "B", "C"])
  })

  it("is read so far and no further when there is always another", () => {
    assert.strictEqual(reasonOf(endless()), "other")
    assert.instanceOf(bare(endless()), Error)
  })
})
