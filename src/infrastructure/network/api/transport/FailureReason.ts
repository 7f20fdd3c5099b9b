/**
 * Reads the errors of Node, undici and other HTTP clients: why an exchange did not come about, and whether the request may
 * have reached the other side.
 */
import { isHttpClientError } from "@effect/platform/HttpClientError"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import { Predicate } from "effect"
import { DeadlineExceeded, TransportFailure } from "../ApiError.ts"
import type { ExchangeFailure, Reason } from "../ApiError.ts"

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

/** Errors of libraries are wrapped a few times at most. */
const longestChain = 16

/** An error and its causes, each once: one may be its own cause, at any remove. */
const chainOf = (error: unknown): ReadonlyArray<unknown> => {
  const chain = new Set<unknown>()
  let each = error
  while (each !== undefined && !chain.has(each) && chain.size < longestChain) {
    chain.add(each)
    each = Predicate.hasProperty(each, "cause") ? each.cause : undefined
  }
  return [...chain]
}

/** Whether any error in the chain came about while a connection was used, and not while it was made. */
const ofConnection = (cause: unknown): boolean =>
  chainOf(cause).some((each) =>
    // What TLS finds wrong is told in the same way during its handshake and afterwards.
    Predicate.isRecord(each)
    && (each["syscall"] === "read" || each["syscall"] === "write" || String(each["code"]).startsWith("ERR_SSL_"))
  )

const ownReason = (cause: unknown): Reason | undefined => {
  const code = Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""
  const known = reasons[code]
  if (known !== undefined) return known
  if (/^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_)/.test(code)) return "tls"
  return code.startsWith("HPE_") || (Predicate.hasProperty(cause, "name") && cause.name === "HTTPParserError")
    ? "malformed"
    : undefined
}

/** The reason behind an error of Node or undici. */
export const reasonOf = (cause: unknown): Reason => {
  for (const each of chainOf(cause)) {
    const reason = ownReason(each)
    if (reason !== undefined) return reason
  }
  return "other"
}

/** Without what else a library hangs on its errors: undici gives one of a malformed answer the bytes of that answer. */
export const bare = (error: unknown): unknown =>
  chainOf(error).reduceRight((cause: unknown, each) => {
    if (!(each instanceof Error)) return each
    const copy = new Error(each.message, cause === undefined ? {} : { cause })
    if (each.stack !== undefined) copy.stack = each.stack
    return Object.assign(copy, { name: each.name }, "code" in each ? { code: each.code } : {})
  }, undefined)

/** Reads an error of any `HttpClient`. Where it does not say what was sent, the reason does, and "maybe" is the default. */
export const fromHttpClientError = (error: HttpClientError): ExchangeFailure => {
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
