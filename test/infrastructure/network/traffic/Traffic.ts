/**
 * Calls of every kind at once, each of which has to end in a success or a typed failure.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Cause, Chunk, Clock, Duration, Effect, Exit, Fiber, Predicate, Random, Stream } from "effect"
import { createHash, randomUUID } from "node:crypto"
import type { ApiClient } from "../../../../src/infrastructure/network/api/ApiClient.ts"
import * as CallOptions from "../../../../src/infrastructure/network/api/CallOptions.ts"
import type { PipelineFailure } from "../../../../src/infrastructure/network/api/StrataClient.ts"
import { piece } from "./TrafficServer.ts"
import type { TrafficServer } from "./TrafficServer.ts"

type Http = (typeof ApiClient.Service)["http"]

/** What came of the calls, by kind. */
export interface Tally {
  calls: number
  readonly succeeded: Record<string, number>
  /** By kind and tag. */
  readonly failed: Record<string, number>
  interrupted: number
  /** What is neither, and answers that are not what was asked for. */
  readonly wrong: Array<string>
  /** Charges whose effects were counted. */
  charged: number
}

export const tally = (): Tally => ({ calls: 0, succeeded: {}, failed: {}, interrupted: 0, wrong: [], charged: 0 })

const ensure = (condition: boolean, message: string) => condition ? Effect.void : Effect.dieMessage(message)

const between = (least: number, most: number) => Random.nextIntBetween(least, most + 1)

const version = (http: Http, path: string) =>
  http.get(path).pipe(
    Effect.flatMap((response) => response.json),
    Effect.flatMap((body) => ensure(Predicate.hasProperty(body, "version") && body.version === 7, "another answer"))
  )

const download = (http: Http, pieces: number) =>
  Effect.gen(function*() {
    const response = yield* http.get(`/download?pieces=${pieces}`)
    let length = 0
    yield* Stream.runForEach(response.stream, (chunk) => {
      const from = length % piece.length
      length += chunk.length
      return ensure(chunk[0] === piece[from], "bytes of another place")
    })
    yield* ensure(length === pieces * piece.length, `${length} bytes of ${pieces * piece.length}`)
  })

/** Reads the beginning and goes away. */
const abandoned = (http: Http) =>
  Effect.flatMap(http.get("/download?pieces=60"), (response) => Stream.runDrain(Stream.take(response.stream, 1)))

const upload = (http: Http, body: HttpBody.HttpBody, sent: Uint8Array, times: number) =>
  Effect.gen(function*() {
    const hash = createHash("sha256")
    for (let index = 0; index < times; index++) hash.update(sent)
    const response = yield* http.execute(HttpClientRequest.put("/upload").pipe(HttpClientRequest.setBody(body)))
    const answer = yield* response.json
    const sha256 = Predicate.hasProperty(answer, "sha256") ? answer.sha256 : undefined
    yield* ensure(sha256 === hash.digest("hex"), "not the bytes that were sent")
  })

const streamed = (http: Http, pieces: number) =>
  upload(
    http,
    HttpBody.stream(Stream.rechunk(Stream.fromIterable(Array.from({ length: pieces }, () => piece)), 1)),
    piece,
    pieces
  )

/** For so long a charge may still arrive that was sent before its call was over. */
const settling = Duration.toMillis("30 seconds")

/** Charges whose effects are counted when nothing of them can be on its way any more. */
class Charges {
  private readonly waiting: Array<{ readonly call: string; readonly at: number; readonly succeeded: boolean }> = []
  private readonly server: TrafficServer
  private readonly counts: Tally

  constructor(server: TrafficServer, counts: Tally) {
    this.server = server
    this.counts = counts
  }

  add(call: string, at: number, succeeded: boolean): void {
    this.waiting.push({ call, at, succeeded })
  }

  settle(now: number): void {
    for (let next = this.waiting[0]; next !== undefined && next.at + settling <= now; next = this.waiting[0]) {
      this.waiting.shift()
      const times = this.server.takeEffects(next.call)
      this.counts.charged++
      if (times > 1 || (next.succeeded && times === 0)) {
        this.counts.wrong.push(`a charge that ${next.succeeded ? "succeeded" : "failed"} had ${times} effects`)
      }
    }
  }
}

export interface Options {
  readonly http: Http
  readonly server: TrafficServer
  readonly counts: Tally
  readonly millis: number
  readonly workers: number
}

/** Ends when the time is over and all calls have ended. */
export const run = ({ counts, http, millis, server, workers }: Options) =>
  Effect.gen(function*() {
    const charges = new Charges(server, counts)
    const end = (yield* Clock.currentTimeMillis) + millis

    const charge = (lose: boolean) =>
      Effect.gen(function*() {
        const call = randomUUID()
        const request = HttpClientRequest.post(lose ? "/charge?lose" : "/charge").pipe(
          HttpClientRequest.setBody(HttpBody.unsafeJson({ call }))
        )
        yield* http.execute(request).pipe(
          Effect.flatMap((response) => response.json),
          CallOptions.idempotencyKey(randomUUID()),
          Effect.onExit((exit) =>
            Effect.map(Clock.currentTimeMillis, (now) => charges.add(call, now, Exit.isSuccess(exit)))
          )
        )
      })

    /** How many of a thousand calls are of which kind. */
    const kinds: ReadonlyArray<
      readonly [name: string, share: number, call: Effect.Effect<unknown, PipelineFailure>]
    > = [
      ["read", 440, version(http, "/small")],
      ["read that is kept", 60, Effect.flatMap(between(1, 300), (page) => version(http, `/kept?page=${page}`))],
      ["charge", 130, charge(false)],
      ["charge whose answer is lost", 10, charge(true)],
      ["download", 90, Effect.flatMap(between(1, 40), (pieces) => download(http, pieces))],
      ["large download", 5, download(http, 300)],
      ["download given up", 20, abandoned(http)],
      ["streamed upload", 60, Effect.flatMap(between(1, 16), (pieces) => streamed(http, pieces))],
      [
        "large upload",
        15,
        upload(http, HttpBody.uint8Array(Buffer.alloc(2_000_000, 7)), Buffer.alloc(2_000_000, 7), 1)
      ],
      ["429", 10, Effect.suspend(() => version(http, `/once?status=429&id=${randomUUID()}`))],
      ["503", 10, Effect.suspend(() => version(http, `/once?status=503&id=${randomUUID()}`))],
      ["late", 10, CallOptions.within("150 millis")(version(http, "/slow?ms=2000"))],
      ["interrupted read", 50, version(http, "/slow?ms=100")],
      ["interrupted charge", 30, charge(false)],
      ["interrupted download", 30, download(http, 40)],
      ["interrupted upload", 30, streamed(http, 12)]
    ]

    const pick = Effect.map(Random.nextIntBetween(0, 1000), (chance) => {
      let left = chance
      return kinds.find(([, share]) => (left -= share) < 0)
    })

    const settled = (name: string, exit: Exit.Exit<unknown, PipelineFailure>, byUs: boolean) => {
      counts.calls++
      if (Exit.isSuccess(exit)) {
        counts.succeeded[name] = (counts.succeeded[name] ?? 0) + 1
        return
      }
      if (byUs && Cause.isInterruptedOnly(exit.cause)) {
        counts.interrupted++
        return
      }
      const failure = Chunk.toReadonlyArray(Cause.failures(exit.cause))[0]
      const defect = Chunk.toReadonlyArray(Cause.defects(exit.cause))[0]
      if (defect !== undefined || failure === undefined) {
        if (counts.wrong.length < 20) counts.wrong.push(`${name}: ${Cause.pretty(exit.cause)}`)
        return
      }
      const key = `${name}: ${failure._tag}`
      counts.failed[key] = (counts.failed[key] ?? 0) + 1
    }

    const one = Effect.gen(function*() {
      const kind = yield* pick
      if (kind === undefined) return
      const [name, , call] = kind
      if (name.startsWith("interrupted")) {
        const fiber = yield* Effect.fork(call)
        yield* Effect.sleep(yield* between(0, 60))
        settled(name, yield* Fiber.interrupt(fiber), true)
      } else settled(name, yield* Effect.exit(call), false)
      charges.settle(yield* Clock.currentTimeMillis)
      yield* Effect.sleep(yield* between(5, 40))
    })

    const worker = Effect.repeat(one, {
      until: () => Effect.map(Clock.currentTimeMillis, (now) => now >= end)
    })
    yield* Effect.all(Array.from({ length: workers }, () => worker), { concurrency: "unbounded", discard: true })
    charges.settle(Number.POSITIVE_INFINITY)
  })
