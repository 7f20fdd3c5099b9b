import { RequestError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { fromHttpClientError } from "../../../../../src/infrastructure/network/api/transport/FailureReason.ts"

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
