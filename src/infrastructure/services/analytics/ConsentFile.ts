/**
 * What the person answered, kept over restarts together with the random id their events carry.
 */
import { Clock, Effect, Option, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { join } from "node:path"
import { Consent } from "../../../domain/analytics/Consent.ts"
import { ProcessLock } from "../../storage/local/ProcessLock.ts"
import * as DurableFile from "../../storage/secure/DurableFile.ts"

/** `anonymousId` says nothing about the person or the machine; refusing consent ends it. */
const Answer = Schema.Struct({ version: Schema.Literal(1), consent: Consent, anonymousId: Schema.UUID })
export type Answer = typeof Answer.Type

const AnswerJson = Schema.parseJson(Answer)
const decode = Schema.decodeOption(AnswerJson)
const encode = Schema.encode(AnswerJson)
const utf8 = new TextEncoder()
const text = new TextDecoder()

const newAnswer = (consent: Consent) => Effect.sync((): Answer => ({ version: 1, consent, anonymousId: randomUUID() }))

/** For this long, in milliseconds, an answer given in another process may go unnoticed. */
const recheckAfter = 2_000

export const make = (folder: string) =>
  Effect.gen(function*() {
    const locks = yield* ProcessLock
    const file = yield* DurableFile.make({ file: join(folder, "consent.json"), store: "analytics consent" })

    /** Nothing readable means that nobody was asked. */
    const read = file.read.pipe(
      Effect.map(Option.flatMap((bytes) => decode(text.decode(bytes)))),
      Effect.orElseSucceed(() => Option.none<Answer>()),
      Effect.flatMap(Option.match({ onNone: () => newAnswer("unset"), onSome: Effect.succeed }))
    )

    let known: { readonly answer: Answer; readonly at: number } | undefined

    const remember = (answer: Answer) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        known = { answer, at }
        return answer
      })

    const write = (consent: Consent) =>
      Effect.gen(function*() {
        const before = yield* read
        const answer = before.consent === "granted" && consent === "granted" ? before : yield* newAnswer(consent)
        yield* file.write(utf8.encode(yield* Effect.orDie(encode(answer))))
        return yield* remember(answer)
      }).pipe(locks.withLock("analytics-consent", "5 seconds"))

    /** The answer, also when another process was given it. */
    const current = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      known !== undefined && Math.abs(now - known.at) < recheckAfter
        ? Effect.succeed(known.answer)
        : Effect.flatMap(read, remember))

    return { current, write }
  })
