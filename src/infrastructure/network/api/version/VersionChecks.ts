/**
 * What answers without credentials show of the versions of one resource.
 */
import { DateTime, Duration } from "effect"
import { Check } from "../../../../domain/operations/Check.ts"
import { defaults } from "../ApiPolicy.ts"
import { refusals } from "./ApiVersions.ts"
import * as Lifecycle from "./Lifecycle.ts"

/** One version that was asked for. */
export interface Asked {
  readonly version: string
  readonly url: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

const near = Duration.toMillis(defaults.versions.nearSunset)

const day = (millis: number) => DateTime.formatIsoDateUtc(DateTime.unsafeMake(millis))

const describe = ({ version }: Asked, { deprecation, malformed, sunset }: Lifecycle.Lifecycle, now: number) => {
  const parts = [
    ...(deprecation === undefined
      ? []
      : [`${deprecation > now ? "to be deprecated on" : "deprecated since"} ${day(deprecation)}`]),
    ...(sunset === undefined ? [] : [`${sunset > now ? "ends" : "ended"} on ${day(sunset)}`]),
    ...(malformed.length === 0 ? [] : [`malformed ${malformed.join(", ")}`])
  ]
  return parts.length === 0 ? version : `${version} (${parts.join(", ")})`
}

/** Of a version in use: its end is near, known, or unknown. */
const statusOf = ({ deprecation, malformed, sunset }: Lifecycle.Lifecycle, now: number): Check["status"] => {
  if (sunset !== undefined && sunset - now < near) return "failed"
  return deprecation === undefined && sunset === undefined && malformed.length === 0 ? "ok" : "warning"
}

const fix = "Update this application"

/** `asked` newest first. The newest version that is served is the one in use. */
export const resource = (name: string, asked: ReadonlyArray<Asked>, now: number): Check => {
  const title = `api version of ${name}`
  const served = asked.filter(({ status }) => !refusals.has(status))
  const [used, ...older] = served.map((each) => {
    const lifecycle = Lifecycle.isAnnounced(each.headers) ? Lifecycle.parse(each.headers, each.url) : undefined
    return {
      version: each.version,
      words: lifecycle === undefined ? each.version : describe(each, lifecycle, now),
      status: lifecycle === undefined ? "ok" as const : statusOf(lifecycle, now)
    }
  })
  const gone = asked.filter(({ status }) => refusals.has(status)).map(({ version }) => version)
  if (used === undefined) {
    return new Check({ name: title, status: "failed", detail: `The backend does not serve ${gone.join(", ")}`, fix })
  }
  const isNewest = used.version === asked[0]?.version
  const status = isNewest || used.status === "failed" ? used.status : "warning"
  const detail = [
    `${used.words} in use`,
    ...(older.length === 0 ? [] : [`also served: ${older.map(({ words }) => words).join(", ")}`]),
    ...(gone.length === 0 ? [] : [`not served: ${gone.join(", ")}`])
  ].join("; ")
  return new Check({ name: title, status, detail, ...(status === "ok" ? {} : { fix }) })
}
