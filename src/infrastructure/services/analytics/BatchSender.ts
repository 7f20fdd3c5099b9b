/**
 * Sends batches in Segment's shape (`POST /v1/batch`, HTTP Basic with the write key as user name, RFC 7617) and says
 * what the answer means for them.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Clock, Data, DateTime, Duration, Effect, Option } from "effect"
import type { Redacted } from "effect"

export interface Destination {
  /** Events go to `<url>/v1/batch`. */
  readonly url: string
  readonly writeKey: Redacted.Redacted<string>
}

/** Nothing is lost and nothing more is sent for now. */
export class Stopped extends Data.TaggedError("Stopped")<{
  readonly reason: "offline" | "refused" | "throttled" | "unavailable"
  readonly retryAfter: Option.Option<Duration.Duration>
}> {}

/** What became of a batch; nothing of it is to be sent again. */
export interface Delivery {
  readonly sent: number
  readonly rejected: number
  readonly tooLarge: number
}

const longestWait = Duration.minutes(5)

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3). */
const retryAfter = (response: HttpClientResponse) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    Option.fromNullable(response.headers["retry-after"]).pipe(
      Option.flatMap((value) =>
        /^\d+$/.test(value)
          ? Option.some(Duration.seconds(Number(value)))
          : Option.map(DateTime.make(value), (date) => Duration.millis(Math.max(0, date.epochMillis - now)))
      ),
      Option.map((wait) => Duration.min(wait, longestWait))
    ))

const reasonOf = (status: number): Stopped["reason"] =>
  status === 401 || status === 403 ? "refused" : status === 429 ? "throttled" : "unavailable"

export const make = ({ url, writeKey }: Destination) =>
  Effect.map(HttpClient.HttpClient, (transport) => {
    // The receiver is a third party: no trace context, and no URL in a span.
    const client = HttpClient.withTracerDisabledWhen(transport, () => true)
    const endpoint = HttpClientRequest.post(`${url.replace(/\/+$/, "")}/v1/batch`).pipe(
      HttpClientRequest.basicAuth(writeKey, "")
    )

    const post = (lines: ReadonlyArray<string>) =>
      Effect.gen(function*() {
        const sentAt = DateTime.formatIso(yield* DateTime.now)
        // The lines are the contract's JSON already.
        const body = `{"batch":[${lines.join()}],"sentAt":"${sentAt}"}`
        return yield* client.execute(HttpClientRequest.bodyText(endpoint, body, "application/json"))
      }).pipe(Effect.mapError(() => new Stopped({ reason: "offline", retryAfter: Option.none() })))

    /** A refused batch is halved until the events that nobody will ever take stand alone. */
    const send = (lines: ReadonlyArray<string>): Effect.Effect<Delivery, Stopped> =>
      Effect.gen(function*() {
        const response = yield* post(lines)
        const { status } = response
        if (status >= 200 && status < 300) return { sent: lines.length, rejected: 0, tooLarge: 0 }
        if (status !== 400 && status !== 413 && status !== 422) {
          return yield* new Stopped({ reason: reasonOf(status), retryAfter: yield* retryAfter(response) })
        }
        if (lines.length === 1) return { sent: 0, rejected: status === 413 ? 0 : 1, tooLarge: status === 413 ? 1 : 0 }
        const middle = Math.ceil(lines.length / 2)
        const first = yield* send(lines.slice(0, middle))
        const second = yield* send(lines.slice(middle))
        return {
          sent: first.sent + second.sent,
          rejected: first.rejected + second.rejected,
          tooLarge: first.tooLarge + second.tooLarge
        }
      })

    return { send }
  })

export type BatchSender = Effect.Effect.Success<ReturnType<typeof make>>
