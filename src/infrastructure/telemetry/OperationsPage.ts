/**
 * The catalogue as a page of the documentation.
 */
import * as Catalogue from "./Catalogue.ts"
import type { MetricAttribute, MetricDefinition } from "./MetricDefinition.ts"
import type { SpanDefinition } from "./SpanDefinition.ts"

const list = (rows: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.entries(rows).map(([key, doc]) => `- \`${key}\`: ${doc}`)

const section = (title: string, rows: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.keys(rows).length === 0 ? [] : ["", `${title}:`, "", ...list(rows)]

const span = ({ attributes, doc, events, kind, name }: SpanDefinition): ReadonlyArray<string> => [
  "",
  `### \`${name}\` (${kind})`,
  "",
  `${doc}.`,
  ...section("Attributes", attributes),
  ...section("Events", events)
]

const label = (key: string, attribute: MetricAttribute): string =>
  `\`${key}\` (${
    "values" in attribute ? attribute.values.join(", ") : `at most ${attribute.atMost} values`
  }): ${attribute.doc}`

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`)

const metric = ({ attributes, doc, name, type, unit }: MetricDefinition): string =>
  `| \`${name}\` | ${type} | \`${unit}\` | ${cell(doc)} | ${
    cell(Object.entries(attributes).map(([key, attribute]) => label(key, attribute)).join("; "))
  } |`

const metricTable = (metrics: ReadonlyArray<MetricDefinition>): ReadonlyArray<string> =>
  metrics.length === 0 ? [] : [
    "",
    "| metric | type | unit | what it measures | labels |",
    "|---|---|---|---|---|",
    ...metrics.map((each) => metric(each))
  ]

const questions: ReadonlyArray<readonly [string, string]> = [
  [
    "Is it up, on which profile and version?",
    "`strata doctor`; `service.version` and `deployment.environment.name` of the resource"
  ],
  ["Why did it not start?", "What it says on stderr; for configuration a table of all problems (exit 78)"],
  ["What is slow?", "`strata traces top`, then `strata traces show <id>`"],
  ["What fails?", "`strata traces ls --errors`; `error.type` groups"],
  ["Is the network or the backend at fault?", "`http.request.resend_count` and the status on the HTTP spans"],
  ["Are we losing telemetry?", "`strata.telemetry.spans.dropped`, one warning in the log, `strata doctor`"],
  ["Is sync behind?", "`strata.outbox.depth`; the spans `sync.run`"]
]

/** Markdown, ending in a newline. The committed page has to equal it. */
export const render = (areas: ReadonlyArray<Catalogue.Area> = Catalogue.areas): string =>
  [
    "# Operations",
    "",
    "What the application tells about itself. This page is generated from the catalogue in `src/infrastructure/telemetry/catalogue/`.",
    "A span's name never holds an id or a value of a user; a `{placeholder}` in it stands for one of a small, fixed set of words.",
    "Durations of metrics are in seconds. Secrets are masked before anything leaves the process, see `SECURITY.md`.",
    "",
    "## Where to look",
    "",
    "| question | where |",
    "|---|---|",
    ...questions.map(([question, where]) => `| ${question} | ${where} |`),
    "",
    "## On every span",
    ...section("Attributes", Catalogue.commonAttributes),
    ...section("Events", Catalogue.commonEvents),
    ...areas.flatMap(({ metrics, name, spans }) => [
      "",
      `## ${name}`,
      ...spans.flatMap((each) => span(each)),
      ...metricTable(metrics)
    ]),
    ""
  ].join("\n")
