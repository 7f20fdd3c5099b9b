/**
 * What is sent again after which failure, and what that costs. The loop reads this table, and so does its page.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Option, Schema } from "effect"
import type { SecretFailure } from "../../../../domain/storage/SecretFailure.ts"
import type { Call } from "../../interceptors/Call.ts"
import { statuses52x } from "../ApiError.ts"
import type { ApiError, Reason } from "../ApiError.ts"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { BufferedResponse } from "../transport/BufferedResponse.ts"

/**
 * Which calls a failure is repeated for: all of them, because nothing was done; those that may have their effect twice
 * (`Call.repeatable`); those and the ones of an endpoint that promises `unprocessedOn503`; those with an idempotency key.
 */
export type Repeated = "always" | "repeatable" | "repeatable or unprocessed" | "with key" | "never"

export interface Row {
  /** As the page says it. */
  readonly failure: string
  readonly statuses?: ReadonlyArray<number>
  readonly reasons?: ReadonlyArray<Reason>
  /** Of a lost exchange, or an attempt that took too long. */
  readonly sent?: "no" | "maybe"
  readonly repeated: Repeated
  /** Taken from the budget of the origin. */
  readonly cost: number
  /** Which base of the backoff. */
  readonly base: "base" | "throttledBase" | "throttledBase with Retry-After"
  /** Counts only when the policy says so. */
  readonly optIn?: "gateway52x"
}

/** What a hedge takes from the budget. */
export const hedgeCost = 5

const final = { repeated: "never", cost: 0, base: "base" } as const

/** The first row that matches counts. */
export const rows: ReadonlyArray<Row> = [
  {
    failure: "The exchange is hopeless: certificate, not writable as HTTP, malformed or too large an answer",
    reasons: ["tls", "invalid_request", "malformed", "too_large"],
    ...final
  },
  {
    failure:
      "The request cannot have been seen: name, connection, time limit of connecting or of waiting for a connection",
    sent: "no",
    repeated: "always",
    cost: 5,
    base: "base"
  },
  {
    failure: "The request may have been seen: reset, time limit of the attempt",
    sent: "maybe",
    repeated: "repeatable",
    cost: 10,
    base: "base"
  },
  { failure: "", statuses: [421, 425, 429], repeated: "always", cost: 5, base: "throttledBase" },
  {
    failure: "",
    statuses: [503],
    repeated: "repeatable or unprocessed",
    cost: 5,
    base: "throttledBase with Retry-After"
  },
  { failure: "", statuses: [408, 500, 502, 504], repeated: "repeatable", cost: 5, base: "base" },
  {
    failure: "with `gateway52x`",
    statuses: statuses52x,
    repeated: "repeatable",
    cost: 5,
    base: "base",
    optIn: "gateway52x"
  },
  {
    failure: "with a problem that says that a request with this key is outstanding",
    statuses: [409],
    repeated: "with key",
    cost: 5,
    base: "base"
  },
  {
    failure: "Any other status, refused here (circuit, throttle, queue, total deadline), session, version, decoding",
    ...final
  }
]

/** Costs what a failed answer costs. */
const asked: Row = { failure: "", repeated: "always", cost: 5, base: "base" }
const forbidden: Row = { failure: "", ...final }

const outstanding = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({
  type: Schema.optional(Schema.String),
  title: Schema.optional(Schema.String)
})))

/** draft-ietf-httpapi-idempotency-key-header, section 2.7. */
const isOutstanding = (response: HttpClientResponse) =>
  response instanceof BufferedResponse && Option.exists(
    outstanding(new TextDecoder().decode(response.bytes)),
    ({ title = "", type = "" }) => /outstanding/i.test(`${type} ${title}`)
  )

export interface RetryTable {
  /** The row of an answer; `undefined` for one that is no failure that passes. Costs one look-up when all is well. */
  readonly ofResponse: (response: HttpClientResponse) => Row | undefined
  readonly ofFailure: (failure: ApiError | SecretFailure) => Row | undefined
}

export const make = ({ gateway52x, shouldRetryHeader }: ApiPolicyOptions["retry"]): RetryTable => {
  const known = rows.filter(({ optIn }) => optIn === undefined || gateway52x)
  const byStatus = new Map(known.flatMap((row) => (row.statuses ?? []).map((status) => [status, row] as const)))
  const lost = (sent: "no" | "maybe") => known.find((row) => row.sent === sent)
  return {
    ofResponse: (response) => {
      if (response.status < 400) return undefined
      const row = byStatus.get(response.status)
      const told = shouldRetryHeader ? response.headers["x-should-retry"] : undefined
      if (told === "false") return row === undefined ? undefined : forbidden
      if (told === "true") return row === undefined ? asked : { ...row, repeated: "always" }
      return row?.repeated === "with key" && !isOutstanding(response) ? undefined : row
    },
    ofFailure: (failure) => {
      if (failure._tag === "DeadlineExceeded") return failure.scope === "attempt" ? lost(failure.sent) : undefined
      if (failure._tag !== "TransportFailure") return undefined
      return known.find(({ reasons }) => reasons?.includes(failure.reason) === true) ?? lost(failure.sent)
    }
  }
}

/** Whether the row lets this call go out once more: no call does of which the backend said that it was done. */
export const allows = ({ repeated }: Row, call: Call): boolean => {
  if (call.isDone) return false
  switch (repeated) {
    case "always":
      return true
    case "repeatable":
      return call.repeatable
    case "repeatable or unprocessed":
      return call.repeatable || call.endpoint.unprocessedOn503 === true
    case "with key":
      return call.idempotencyKey !== undefined
    case "never":
      return false
  }
}
