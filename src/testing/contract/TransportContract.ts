/**
 * What every `Transport` does with whatever the other side does. Not covered: connections themselves (reuse, encryption,
 * proxies, how long they take), which memory has none of.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Fiber, Predicate, Stream, TestClock, TestServices } from "effect"
import { DeadlineExceeded, TransportFailure } from "../../infrastructure/network/api/ApiError.ts"
import { discard } from "../../infrastructure/network/api/transport/Discard.ts"
import { Transport } from "../../infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../../infrastructure/network/api/transport/Transport.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { mebibyte, OtherSide } from "./TransportSubject.ts"

const plenty: PhaseLimits = {
  connect: 3_600_000,
  headers: 3_600_000,
  bodyIdle: 3_600_000,
  attempt: 3_600_000,
  total: 3_600_000
}

const send = (
  target: string,
  change: (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest = (request) => request,
  limits: Partial<PhaseLimits> = {}
) =>
  Effect.gen(function*() {
    const { exchange } = yield* Transport
    const { url } = yield* OtherSide
    return yield* exchange(change(HttpClientRequest.get(`${url}${target}`)), { ...plenty, ...limits })
  })

/** Lets virtual time pass while the other side, which may be real, gets some of its own. */
const passing = (seconds: number) =>
  Effect.forEach(
    Array.from({ length: seconds }),
    () => Effect.zipRight(TestServices.provideLive(Effect.sleep("10 millis")), TestClock.adjust("1 second")),
    { discard: true }
  )

/** What it fails with when virtual time passes. */
const failureOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.flip(effect))
    yield* passing(20)
    return yield* Fiber.join(fiber)
  })

const ensureEqual = (actual: unknown, expected: unknown, what: string) =>
  ensure(actual === expected, `${what}: ${String(actual)} instead of ${String(expected)}`)

const ensureFailure = (failure: unknown, reason: string, sent: string) =>
  ensure(
    failure instanceof TransportFailure && failure.reason === reason && failure.sent === sent,
    `${String(failure)} instead of ${reason}, ${sent}`
  )

const ensureDeadline = (failure: unknown, phase: string, scope: string) =>
  ensure(
    failure instanceof DeadlineExceeded && failure.phase === phase && failure.scope === scope &&
      failure.sent === "maybe",
    `${JSON.stringify(failure)} instead of ${phase}, ${scope}, maybe`
  )

const size = <E>(stream: Stream.Stream<Uint8Array, E>) => Stream.runFold(stream, 0, (sum, chunk) => sum + chunk.length)

const encode = (text: string) => new TextEncoder().encode(text)

export const contract: Contract<Transport | OtherSide> = {
  name: "Transport",
  cases: [
    contractCase(
      "sends method, target, headers and bytes as they are, without the fragment",
      Effect.gen(function*() {
        const response = yield* send(
          "/echo?one=1&two=%20#secret",
          (request) =>
            HttpClientRequest.setMethod(request, "POST").pipe(
              HttpClientRequest.setHeader("x-sent", "yes"),
              HttpClientRequest.bodyText("größe", "text/plain; charset=utf-8")
            )
        )
        const { received } = yield* OtherSide
        const { body, headers, method, target } = yield* received("/echo")
        yield* ensureEqual(method, "POST", "method")
        yield* ensureEqual(target, "/echo?one=1&two=%20", "target")
        yield* ensureEqual(headers["x-sent"], "yes", "header")
        yield* ensureEqual(Buffer.from(body).toString(), "größe", "body")
        yield* ensureEqual(response.status, 200, "status")
        yield* ensureEqual(response.headers["x-answer"], "1", "answer's header")
        yield* ensureEqual(yield* response.text, "größe", "answer's body")
        yield* ensureEqual(yield* response.text, "größe", "answer's body, read again")
      })
    ),
    contractCase(
      "answers with every status, and follows nothing",
      Effect.gen(function*() {
        const missing = yield* send("/missing")
        yield* ensureEqual(`${missing.status} ${yield* missing.text}`, "404 missing", "missing")
        const failing = yield* send("/failing")
        yield* ensureEqual(`${failing.status} ${failing.headers["retry-after"]}`, "503 1", "failing")
        const moved = yield* send("/moved")
        yield* ensureEqual(`${moved.status} ${moved.headers["location"]}`, "302 /elsewhere", "moved")
        const empty = yield* send("/empty")
        yield* ensureEqual(`${empty.status} ${yield* empty.text}`, "204 ", "empty")
      })
    ),
    contractCase(
      "sends streams and forms whole",
      Effect.gen(function*() {
        const { received } = yield* OtherSide
        const pieces = Stream.map(Stream.range(0, 255), (byte) => new Uint8Array(1024).fill(byte))
        yield* send(
          "/stream",
          (request) =>
            HttpClientRequest.bodyStream(HttpClientRequest.setMethod(request, "PUT"), Stream.rechunk(pieces, 7))
        )
        const { body } = yield* received("/stream")
        yield* ensureEqual(body.length, 256 * 1024, "length")
        yield* ensure(body.every((byte, index) => byte === index >> 10), "the stream arrived changed")
        const form = new FormData()
        form.set("title", "größe")
        yield* send(
          "/form",
          (request) => HttpClientRequest.bodyFormData(HttpClientRequest.setMethod(request, "POST"), form)
        )
        const sent = yield* received("/form")
        const type = String(sent.headers["content-type"])
        yield* ensure(type.startsWith("multipart/form-data; boundary="), `content-type: ${type}`)
        yield* ensure(Buffer.from(sent.body).toString().includes("größe"), "the form arrived without its field")
      })
    ),
    contractCase(
      "fails when the stream of a request does",
      Effect.gen(function*() {
        const broken = Stream.concat(Stream.make(encode("half")), Stream.fail("unreadable"))
        const failure = yield* Effect.flip(
          send(
            "/stream",
            (request) => HttpClientRequest.bodyStream(HttpClientRequest.setMethod(request, "POST"), broken)
          )
        )
        yield* ensure(
          failure._tag === "TransportFailure" && failure.reason === "invalid_request",
          `${String(failure)} instead of invalid_request`
        )
      })
    ),
    contractCase(
      "knows that nothing was sent to where nobody is, and nothing after that",
      Effect.gen(function*() {
        const { exchange } = yield* Transport
        const { nowhere } = yield* OtherSide
        yield* ensureFailure(yield* Effect.flip(exchange(HttpClientRequest.get(nowhere), plenty)), "refused", "no")
        yield* ensureFailure(yield* Effect.flip(send("/reset")), "reset", "maybe")
      })
    ),
    contractCase(
      "fails when the body breaks off",
      Effect.gen(function*() {
        const failure = yield* Effect.flip(send("/cut"))
        yield* ensure(
          failure._tag === "TransportFailure" && failure.sent === "maybe",
          `${String(failure)} instead of a failure that may have been sent`
        )
      })
    ),
    contractCase(
      "gives up at the limit of a phase, of the attempt and of the call, and says which",
      Effect.gen(function*() {
        const silent = (limits: Partial<PhaseLimits>) => failureOf(send("/silent", undefined, limits))
        yield* ensureDeadline(yield* silent({ connect: 5000, headers: 5000 }), "headers", "attempt")
        yield* ensureDeadline(yield* silent({ attempt: 5000 }), "headers", "attempt")
        yield* ensureDeadline(yield* silent({ total: 5000 }), "headers", "total")
        const stalled = (limits: Partial<PhaseLimits>) => failureOf(send("/stalled", undefined, limits))
        yield* ensureDeadline(yield* stalled({ bodyIdle: 5000 }), "body", "attempt")
        yield* ensureDeadline(yield* stalled({ total: 15_000 }), "body", "total")
      }),
      ["TestClock"]
    ),
    contractCase(
      "hands large answers over as they arrive, bounded by the limits of the body and the call only",
      Effect.gen(function*() {
        const large = yield* send("/large")
        yield* ensureEqual(yield* size(large.stream), 3 * mebibyte, "streamed")
        const whole = yield* send("/large")
        yield* ensureEqual((yield* whole.text).length, 3 * mebibyte, "put together")
        const huge = yield* Effect.flip(Effect.flatMap(send("/huge"), ({ text }) => text))
        yield* ensure(huge._tag === "ResponseError", "17 MiB were put together")
        const stalled = (limits: Partial<PhaseLimits>) =>
          Effect.flatMap(
            send("/stalled-large", undefined, limits),
            ({ stream }) =>
              Effect.map(failureOf(size(stream)), (failure) => Predicate.hasProperty(failure, "cause") && failure.cause)
          )
        yield* ensureDeadline(yield* stalled({ bodyIdle: 5000 }), "body", "attempt")
        yield* ensureDeadline(yield* stalled({ attempt: 2000, total: 8000 }), "body", "total")
      }),
      ["TestClock"]
    ),
    contractCase(
      "hands event streams over at once, without limits of time",
      Effect.gen(function*() {
        const response = yield* send(
          "/events",
          HttpClientRequest.setHeader("accept", "text/event-stream"),
          { bodyIdle: 1000, attempt: 2000, total: 3000 }
        )
        const reader = yield* Effect.fork(Stream.runDrain(response.stream))
        yield* passing(10)
        yield* ensure((yield* Fiber.poll(reader))._tag === "None", "the event stream ended")
        yield* Fiber.interrupt(reader)
      }),
      ["TestClock"]
    ),
    contractCase(
      "goes on after answers that were let go of",
      Effect.gen(function*() {
        for (const target of ["/large", "/missing", "/stalled-large", "/large"]) {
          yield* Effect.flatMap(send(target), discard)
        }
        yield* ensureEqual((yield* send("/echo")).status, 200, "status")
      })
    ),
    contractCase(
      "ends the exchange of who is interrupted",
      Effect.gen(function*() {
        const { givenUp, received } = yield* OtherSide
        const fiber = yield* Effect.fork(send("/silent?interrupted"))
        yield* received("/silent?interrupted")
        yield* Fiber.interrupt(fiber)
        yield* givenUp("/silent?interrupted")
      })
    )
  ]
}
