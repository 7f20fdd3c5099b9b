/**
 * Reads the errors of Node, undici and other HTTP clients: why an exchange did not come about, and whether the request may
 * have reached the other side.
 */
import { isHttpClientError } from "@effect/platform/HttpClientError"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import { Predicate } from "effect"
import { DeadlineExceeded, TransportFailure } from "../ApiError.ts"
import type { Reason } from "../ApiError.ts"

const reasons: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: "refused",
  ENOTFOUND: "unresolved",
  EAI_AGAIN: "unresolved",
  EAI_FAIL: "unresolved",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EHOSTDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "reset",
  UND_ERR_SOCKET: "reset",
  UND_ERR_DESTROYED: "reset",
  UND_ERR_CLOSED: "reset",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_HEADERS_OVERFLOW: "too_large",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "too_large",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "malformed",
  UND_ERR_INVALID_ARG: "invalid_request",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "invalid_request",
  EPROTO: "tls",
  UND_ERR_PRX_TLS: "tls",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls",
  UNABLE_TO_GET_ISSUER_CERT: "tls",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls",
  HOSTNAME_MISMATCH: "tls"
}

/** Reasons that only exist before the request was written. */
const neverSent = new Set<Reason>(["refused", "unresolved", "unreachable", "connect_timeout", "tls", "invalid_request"])

/** Whether any error in the chain came about while a connection was used, and not while it was made. */
const ofConnection = (cause: unknown): boolean => {
  if (!Predicate.isRecord(cause)) return false
  // What TLS finds wrong is told in the same way during its handshake and afterwards.
  return cause["syscall"] === "read" || cause["syscall"] === "write" || String(cause["code"]).startsWith("ERR_SSL_")
    || (cause["cause"] !== cause && ofConnection(cause["cause"]))
}

/** The reason behind an error of Node or undici. */
export const reasonOf = (cause: unknown): Reason => {
  const code = Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""
  const known = reasons[code]
  if (known !== undefined) return known
  if (/^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_)/.test(code)) return "tls"
  if (code.startsWith("HPE_") || (Predicate.hasProperty(cause, "name") && cause.name === "HTTPParserError")) {
    return "malformed"
  }
  return Predicate.hasProperty(cause, "cause") && cause.cause !== cause ? reasonOf(cause.cause) : "other"
}

/** Without what else a library hangs on its errors: undici gives one of a malformed answer the bytes of that answer. */
export const bare = (cause: unknown): unknown => {
  if (!(cause instanceof Error)) return cause
  const error = new Error(cause.message, cause.cause === undefined ? {} : { cause: bare(cause.cause) })
  if (cause.stack !== undefined) error.stack = cause.stack
  return Object.assign(error, { name: cause.name }, "code" in cause ? { code: cause.code } : {})
}

/** Reads an error of any `HttpClient`. Where it does not say what was sent, the reason does, and "maybe" is the default. */
export const fromHttpClientError = (error: HttpClientError): TransportFailure | DeadlineExceeded => {
  if (error.cause instanceof TransportFailure || error.cause instanceof DeadlineExceeded) return error.cause
  if (error._tag === "RequestError" && error.reason !== "Transport") {
    return new TransportFailure({ reason: "invalid_request", sent: "no", cause: bare(error.cause) })
  }
  const reason = reasonOf(error.cause)
  return new TransportFailure({
    reason,
    sent: error._tag === "RequestError" && neverSent.has(reason) && !ofConnection(error.cause) ? "no" : "maybe",
    cause: isHttpClientError(error.cause) ? undefined : bare(error.cause)
  })
}
