/**
 * The other side of a transport under test.
 */
import { Context } from "effect"
import type { Effect } from "effect"
import type { Step } from "../ScriptedTransport.ts"

/** A request as the other side sees it. */
export interface Received {
  readonly method: string
  /** With the query, and with whatever else arrived. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: Uint8Array
}

/** What the transport under test talks to. */
export class OtherSide extends Context.Tag("effect-strata/testing/contract/TransportSubject/OtherSide")<
  OtherSide,
  {
    /** Where `behaviour` is played, without a trailing slash. */
    readonly url: string
    /** Where nobody is. */
    readonly nowhere: string
    /** The first request whose target begins so, once it is there. */
    readonly received: (target: string) => Effect.Effect<Received>
    /** Returns once the exchange of that request was given up by the client. */
    readonly givenUp: (target: string) => Effect.Effect<void>
  }
>() {}

export const mebibyte = 1024 * 1024

const steps: Readonly<Record<string, Step>> = {
  "/missing": { status: 404, body: "missing" },
  "/failing": { status: 503, headers: { "retry-after": "1" } },
  "/moved": { status: 302, headers: { location: "/elsewhere" } },
  "/empty": { status: 204 },
  "/reset": { reset: true },
  "/cut": { body: "x".repeat(100), cut: 40 },
  "/silent": { never: "head" },
  "/stalled": { body: "half", never: "body" },
  "/large": { body: "x".repeat(3 * mebibyte) },
  "/huge": { body: new Uint8Array(17 * mebibyte) },
  "/stalled-large": { body: "x".repeat(2 * mebibyte), never: "body" },
  "/events": { headers: { "content-type": "text/event-stream" }, body: "data: 1\n\n", never: "body" }
}

/** What the other side does with a request; anything that is not listed gets 200 and its own body back. */
export const behaviour = ({ body, headers, target }: Received): Step =>
  steps[target.split("?")[0] ?? ""] ?? {
    headers: { "content-type": String(headers["content-type"] ?? "text/plain"), "x-answer": "1" },
    body
  }
