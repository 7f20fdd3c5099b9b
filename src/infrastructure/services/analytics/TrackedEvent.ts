/**
 * An event on its way out: what was declared and nothing else, without what looks like a secret or a person.
 */
import { DateTime, Effect, Either, Schema } from "effect"
import { randomUUID } from "node:crypto"
import type { AnalyticsStats } from "../../../domain/analytics/Analytics.ts"
import { AnalyticsEvent } from "../../../domain/analytics/AnalyticsEvent.ts"
import { TrackEvent } from "../../network/api/contract/AnalyticsApi.ts"
import { mask, redactText } from "../../telemetry/redaction/RedactText.ts"
import { isSecretKey } from "../../telemetry/redaction/SecretKey.ts"
import { maxEventBytes } from "./AnalyticsLimits.ts"

export type DropReason = keyof AnalyticsStats["dropped"]

const email = /[^\s@"'<>()]+@[^\s@"'<>()]+\.[^\s@"'<>().]+/g
const path = /(^|[\s"'(=:])(?:[A-Za-z]:\\|\/)[^\s"'()/\\]+(?:[\\/][^\s"'()/\\]*)+/g

const scrubText = (text: string) => redactText(text).replaceAll(email, mask).replaceAll(path, "$1~")

const scrub = (key: string, value: string | number | boolean) => {
  if (isSecretKey(key)) return mask
  if (typeof value === "string") return scrubText(value)
  // JSON has no other numbers.
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value
}

const allowed = Schema.decodeUnknownEither(Schema.Struct(AnalyticsEvent.fields))
const toLine = Schema.encodeEither(Schema.parseJson(TrackEvent))

const textSize = (event: AnalyticsEvent) =>
  Object.values(event.properties).reduce<number>(
    (total, value) => total + (typeof value === "string" ? value.length : 8),
    0
  )

/** One line of JSON without its end, or why the event is dropped. */
export const make = (
  event: AnalyticsEvent,
  anonymousId: string
): Effect.Effect<Either.Either<{ readonly line: string; readonly bytes: number }, DropReason>> =>
  Effect.map(DateTime.now, (timestamp) =>
    Either.gen(function*() {
      const { name, properties } = yield* Either.mapLeft(allowed(event), (): DropReason => "Rejected")
      // Measured before secrets are masked, because masking also shortens.
      if (textSize(event) > maxEventBytes) return yield* Either.left<DropReason>("TooLarge")
      const line = yield* Either.mapLeft(
        toLine({
          type: "track",
          messageId: randomUUID(),
          anonymousId,
          event: scrubText(name),
          properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, scrub(key, value)])),
          timestamp
        }),
        (): DropReason => "Rejected"
      )
      const bytes = Buffer.byteLength(line)
      return bytes > maxEventBytes ? yield* Either.left<DropReason>("TooLarge") : { line, bytes }
    }))
