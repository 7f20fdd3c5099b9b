/**
 * Every span and metric that this application emits, collected from the areas.
 */
import * as Config from "./catalogue/Config.ts"
import * as Runtime from "./catalogue/Runtime.ts"
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

/** In the order of the import table. */
export const areas: ReadonlyArray<Area> = [
  area("Runtime", Runtime),
  area("Config", Config),
  area("Telemetry", Telemetry)
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
