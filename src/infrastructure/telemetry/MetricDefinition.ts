/**
 * How the catalogue declares a metric. The declaration is the only place where its name is written.
 */
import { Metric, MetricBoundaries, MetricLabel } from "effect"

/** More series than this in one metric is a mistake; what comes later is counted together, marked as overflow. */
export const seriesBudget = 200

/** One label: every value it can take, or, where the set is open, how many values there can be. */
export type MetricAttribute =
  & {
    readonly doc: string
    /** The label that this one is told by, or stands in for: their values add up instead of multiplying. */
    readonly beside?: string
  }
  & ({ readonly values: ReadonlyArray<string> } | { readonly atMost: number })

export type MetricAttributes = Readonly<Record<string, MetricAttribute>>

type Type = "counter" | "updowncounter" | "histogram" | "gauge"

export interface MetricDefinition<Kind extends Type = Type, Attributes extends MetricAttributes = MetricAttributes> {
  readonly type: Kind
  readonly name: string
  /** In UCUM, as OpenTelemetry writes it: `s`, `By`, `{request}`, `1`. */
  readonly unit: string
  readonly doc: string
  readonly attributes: Attributes
  readonly update: (value: number, attributes: Readonly<Record<string, string | undefined>>) => void
}

interface Declaration<Attributes> {
  readonly name: string
  readonly unit: string
  readonly doc: string
  readonly attributes?: Attributes
}

const overflowLabel = MetricLabel.make("otel.metric.overflow", "true")

interface Updatable {
  readonly unsafeUpdate: (value: number, labels: ReadonlyArray<MetricLabel.MetricLabel>) => void
}

/**
 * Effect looks a series up by the identity of its labels, so each combination gets one array for good. The unit is one of
 * them: `Metric.tagged` would make another array at each update.
 */
const makeUpdate = (
  metric: Updatable,
  unit: string,
  keys: ReadonlyArray<string>
): MetricDefinition["update"] => {
  const unitLabel = MetricLabel.make("unit", unit)
  const overflow = [unitLabel, overflowLabel]
  const series = new Map<string, ReadonlyArray<MetricLabel.MetricLabel>>()
  // Who measures often gives the same object each time.
  let last: Readonly<Record<string, string | undefined>> | undefined
  let lastLabels: ReadonlyArray<MetricLabel.MetricLabel> = overflow
  return (value, attributes) => {
    if (attributes === last) return metric.unsafeUpdate(value, lastLabels)
    let id = ""
    for (const key of keys) id += `${attributes[key] ?? ""}\u0000`
    let labels = series.get(id)
    if (labels === undefined) {
      labels = series.size < seriesBudget
        ? [
          unitLabel,
          ...keys.flatMap((key) => attributes[key] === undefined ? [] : [MetricLabel.make(key, attributes[key])])
        ]
        : overflow
      if (labels !== overflow) series.set(id, labels)
    }
    last = attributes
    lastLabels = labels
    metric.unsafeUpdate(value, labels)
  }
}

const define = <Kind extends Type, Attributes extends MetricAttributes>(
  type: Kind,
  { attributes, doc, name, unit }: Declaration<Attributes>,
  metric: Updatable
): MetricDefinition<Kind, Attributes> => ({
  type,
  name,
  unit,
  doc,
  attributes: attributes ?? ({} as Attributes),
  update: makeUpdate(metric, unit, Object.keys(attributes ?? {}))
})

/** A count that only grows. */
export const counter = <const Attributes extends MetricAttributes = {}>(declaration: Declaration<Attributes>) =>
  define(
    "counter",
    declaration,
    Metric.counter(declaration.name, { description: declaration.doc, incremental: true })
  )

/** A sum that grows and shrinks. */
export const upDownCounter = <const Attributes extends MetricAttributes = {}>(declaration: Declaration<Attributes>) =>
  define("updowncounter", declaration, Metric.counter(declaration.name, { description: declaration.doc }))

/** A value as it is now. */
export const gauge = <const Attributes extends MetricAttributes = {}>(declaration: Declaration<Attributes>) =>
  define(
    "gauge",
    declaration,
    Metric.gauge(declaration.name, { description: declaration.doc })
  )

/** Seconds, with the boundaries that OpenTelemetry gives for `http.client.request.duration`. */
export const secondsBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** A distribution. Durations are in seconds (`unit: "s"`), never milliseconds. */
export const histogram = <const Attributes extends MetricAttributes = {}>(
  declaration: Declaration<Attributes> & { readonly boundaries?: ReadonlyArray<number> }
) =>
  define(
    "histogram",
    declaration,
    Metric.histogram(
      declaration.name,
      MetricBoundaries.fromIterable(declaration.boundaries ?? secondsBoundaries),
      declaration.doc
    )
  )

const valuesOf = (attribute: MetricAttribute): number =>
  "values" in attribute ? attribute.values.length : attribute.atMost

/** How many series the declared labels allow. */
export const seriesOf = ({ attributes }: MetricDefinition): number => {
  const labels = Object.entries(attributes)
  const beside = (key: string) =>
    labels.reduce((sum, [, attribute]) => attribute.beside === key ? sum + valuesOf(attribute) : sum, 0)
  return labels.reduce(
    (product, [key, attribute]) =>
      attribute.beside === undefined ? product * (valuesOf(attribute) + beside(key)) : product,
    1
  )
}
