/**
 * Every span and metric that this application emits, collected from the areas.
 */
import * as Analytics from "./catalogue/Analytics.ts"
import * as Auth from "./catalogue/Auth.ts"
import * as Backend from "./catalogue/Backend.ts"
import * as Cache from "./catalogue/Cache.ts"
import * as Config from "./catalogue/Config.ts"
import * as Crypto from "./catalogue/Crypto.ts"
import * as Database from "./catalogue/Database.ts"
import * as Http from "./catalogue/Http.ts"
import * as Keychain from "./catalogue/Keychain.ts"
import * as Maintenance from "./catalogue/Maintenance.ts"
import * as Push from "./catalogue/Push.ts"
import * as Realtime from "./catalogue/Realtime.ts"
import * as Runtime from "./catalogue/Runtime.ts"
import * as Secrets from "./catalogue/Secrets.ts"
import * as Sync from "./catalogue/Sync.ts"
import * as Telemetry from "./catalogue/Telemetry.ts"
import type { MetricDefinition } from "./MetricDefinition.ts"
import type { SpanDefinition } from "./SpanDefinition.ts"

export interface Area {
  readonly name: string
  readonly spans: ReadonlyArray<SpanDefinition>
  readonly metrics: ReadonlyArray<MetricDefinition>
}

type Rows = Readonly<Record<string, SpanDefinition | MetricDefinition>>

const isMetric = (row: SpanDefinition | MetricDefinition): row is MetricDefinition => "unit" in row

const area = (name: string, rows: Rows): Area => ({
  name,
  spans: Object.values(rows).filter((row): row is SpanDefinition => !isMetric(row)),
  metrics: Object.values(rows).filter(isMetric)
})

/** In the order of the import table, the backend last. */
export const areas: ReadonlyArray<Area> = [
  area("Runtime", Runtime),
  area("Config", Config),
  area("Telemetry", Telemetry),
  area("Crypto", Crypto),
  area("Keychain", Keychain),
  area("Secrets", Secrets),
  area("Database", Database),
  area("Maintenance", Maintenance),
  area("Cache", Cache),
  area("HTTP", Http),
  area("Realtime", Realtime),
  area("Sync", Sync),
  area("Auth", Auth),
  area("Analytics", Analytics),
  area("Push", Push),
  area("Backend", Backend)
]

export const spans: ReadonlyArray<SpanDefinition> = areas.flatMap((each) => each.spans)

export const metrics: ReadonlyArray<MetricDefinition> = areas.flatMap((each) => each.metrics)

/** Attributes that any span can have. */
export const commonAttributes: Readonly<Record<string, string>> = {
  "error.type": "On every failed span: the failure's tag, `Defect` for a bug",
  "status.interrupted": "`true` on a span that was interrupted; it is not an error",
  "span.label": "Set beside `status.interrupted`, for viewers that show labels"
}

/** Events that any span can have. */
export const commonEvents: Readonly<Record<string, string>> = {
  exception: "Why the span failed: `exception.type`, `exception.message`, redacted",
  log: "A log record written inside the span: `log.severity`, `log.message`, redacted"
}

/** Methods are words of their own kind; only the first placeholder has to be filled. */
const wordOf = (placeholder: string) => placeholder.endsWith("method") ? "[A-Z_]+" : String.raw`\S+`

const patternOf = ({ name }: SpanDefinition): RegExp => {
  const [first = "", ...others] = name.split(" ").map((word) =>
    /^\{[^}]+\}$/.test(word) ? { pattern: wordOf(word.slice(1, -1)), open: true } : { pattern: word, open: false }
  ).map(({ open, pattern }, index) => index === 0 ? pattern : open ? `( ${pattern})?` : ` ${pattern}`)
  return new RegExp(`^${first}${others.join("")}$`)
}

const exact: ReadonlyMap<string, SpanDefinition> = new Map(spans.map((span) => [span.name, span]))
const patterns = spans.filter(({ name }) => name.includes("{")).map((span) => ({ pattern: patternOf(span), span }))

/** The rows that a recorded name can belong to: one by name, or all whose placeholders can be filled to give it. */
export const rowsFor = (name: string): ReadonlyArray<SpanDefinition> => {
  const named = exact.get(name)
  return named === undefined
    ? patterns.filter(({ pattern }) => pattern.test(name)).map(({ span }) => span)
    : [named]
}
