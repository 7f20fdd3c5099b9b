/**
 * What the backend announces about the API versions in use: told to the log and to whoever listens, once a day each.
 */
import { Clock, Context, DateTime, Duration, Effect, Layer, PubSub, Stream } from "effect"
import type { VersionNotice } from "./VersionNotice.ts"

/** The same method, path and version is told again after this long. */
const interval = Duration.toMillis(Duration.days(1))

/** Endpoints that are known to have been told; of more, the oldest are told again. */
const maxTold = 512

/** Notices a slow listener may be behind; it misses the oldest. */
const maxBehind = 64

export class VersionNotices extends Context.Tag("effect-strata/infrastructure/network/api/version/VersionNotices")<
  VersionNotices,
  {
    /** Unless it was told within a day. */
    readonly tell: (notice: VersionNotice) => Effect.Effect<void>

    /** From now on. Never waits for a listener. */
    readonly notices: Stream.Stream<VersionNotice>
  }
>() {}

const messages = {
  malformed: "The backend says something about the end of an API version that cannot be understood",
  deprecated: "An API version in use is deprecated",
  ending: "An API version in use is about to end",
  ended: "An API version in use has ended"
}

const dated = (key: string, at: DateTime.Utc | undefined) =>
  at === undefined ? {} : { [key]: DateTime.formatIsoDateUtc(at) }

const log = ({ deprecation, links, malformed, method, sunset, template, urgency, version }: VersionNotice) => {
  const link = links["successor-version"] ?? links["latest-version"] ?? links.sunset ?? links.deprecation
  const isUrgent = urgency === "ending" || urgency === "ended"
  return (isUrgent ? Effect.logError : Effect.logWarning)(messages[urgency]).pipe(Effect.annotateLogs({
    "strata.api.version": version,
    "http.request.method": method,
    ...(template === undefined ? {} : { "url.template": template }),
    ...dated("strata.api.deprecation", deprecation),
    ...dated("strata.api.sunset", sunset),
    ...(link === undefined ? {} : { "strata.api.link": link }),
    ...(malformed.length === 0 ? {} : { "strata.api.malformed": malformed.join(" ") })
  }))
}

export const make = Effect.gen(function*() {
  const notices = yield* PubSub.sliding<VersionNotice>(maxBehind)
  // When each was told last, oldest first.
  const told = new Map<string, number>()

  const isDue = ({ method, template, version }: VersionNotice, now: number) => {
    const key = `${method} ${version} ${template}`
    const last = told.get(key)
    if (last !== undefined && Math.abs(now - last) < interval) return false
    told.delete(key)
    told.set(key, now)
    for (const oldest of told.keys()) {
      if (told.size <= maxTold) break
      told.delete(oldest)
    }
    return true
  }

  return VersionNotices.of({
    tell: (notice) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (now) => isDue(notice, now) ? Effect.zipRight(log(notice), PubSub.publish(notices, notice)) : Effect.void
      ),
    notices: Stream.fromPubSub(notices)
  })
})

export const layer: Layer.Layer<VersionNotices> = Layer.effect(VersionNotices, make)
