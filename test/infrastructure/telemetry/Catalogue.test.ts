import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Catalogue from "../../../src/infrastructure/telemetry/Catalogue.ts"
import { statement } from "../../../src/infrastructure/telemetry/catalogue/Database.ts"
import type { Audited } from "../../../src/infrastructure/telemetry/CatalogueAudit.ts"
import { audit } from "../../../src/infrastructure/telemetry/CatalogueAudit.ts"
import { seriesBudget, seriesOf } from "../../../src/infrastructure/telemetry/MetricDefinition.ts"
import { isSecretKey } from "../../../src/infrastructure/telemetry/redaction/SecretKey.ts"
import * as Span from "../../../src/infrastructure/telemetry/Span.ts"
import { define } from "../../../src/infrastructure/telemetry/SpanDefinition.ts"
import * as MemoryTraces from "../../../src/infrastructure/telemetry/traces/MemoryTraces.ts"

const source = new URL("../../../src/", import.meta.url).pathname

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, text: readFileSync(join(source, path), "utf8") }))

/**
 * Attribute and metric names that are not our own, copied from the semantic conventions 1.45.0 and not imported: a
 * rename there must be noticed here. Stable ones first.
 */
const conventional = new Set([
  "db.namespace",
  "db.operation.name",
  "db.query.text",
  "db.system.name",
  "error.type",
  "http.client.request.duration",
  "http.request.method",
  "http.request.method_original",
  "http.request.resend_count",
  "http.response.status_code",
  "http.route",
  "network.protocol.name",
  "server.address",
  "server.port",
  "url.scheme",
  // In development
  "http.client.active_requests",
  "otel.sdk.exporter.span.exported",
  "otel.sdk.processor.span.queue.size",
  "url.template",
  // Set by the tracer of @effect/opentelemetry
  "span.label",
  "status.interrupted"
])

/** Of older versions of the conventions. */
const deprecated = [
  "db.system",
  "db.statement",
  "db.operation",
  "db.name",
  "messaging.system",
  "peer.service",
  "service.peer.name",
  "deployment.environment",
  "feature_flag.variant",
  "http.method",
  "http.status_code",
  "http.url",
  "net.peer.name",
  "enduser.id"
]

const attributeNames = [
  ...Object.keys(Catalogue.commonAttributes),
  ...Catalogue.spans.flatMap(({ attributes }) => Object.keys(attributes)),
  ...Catalogue.metrics.flatMap(({ attributes }) => Object.keys(attributes))
]

describe("the catalogue", () => {
  it("knows the span of the SQL library by the name it really has", () => {
    const library = readFileSync(
      new URL("../../../node_modules/@effect/sql/src/internal/statement.ts", import.meta.url),
      "utf8"
    )
    assert.include(library, `"${statement.name}"`)
  })

  it("collects every area that has a file", () => {
    const declared = files
      .filter(({ path }) => path.startsWith("infrastructure/telemetry/catalogue/"))
      .flatMap(({ text }) => [...text.matchAll(/^\s*name: "([^"]+)"|define\(\{ name: "([^"]+)"/gm)])
      .map(([, own, inline]) => own ?? inline ?? "")
    assert.isAbove(declared.length, 20)
    assert.sameMembers(
      declared,
      [...Catalogue.spans, ...Catalogue.metrics].map(({ name }) => name)
    )
  })

  it("declares each name once", () => {
    for (const names of [Catalogue.spans, Catalogue.metrics].map((rows) => rows.map(({ name }) => name))) {
      assert.deepStrictEqual([...new Set(names)].toSorted(), names.toSorted())
    }
  })

  it("has few and general span names", () => {
    assert.isAtMost(Catalogue.spans.length, 60)
    for (const { name } of Catalogue.spans) {
      assert.match(name, /^((\{[a-z._]+\}|[a-z]+) \{[a-z._]+\}( \{[a-z._]+\})?|[a-z]+(\.[a-z_]+)+)$/)
    }
  })

  it("names attributes after the semantic conventions or strata.*, and none after an old version", () => {
    for (const name of [...attributeNames, ...Catalogue.metrics.map((metric) => metric.name)]) {
      assert.isTrue(name.startsWith("strata.") || conventional.has(name), name)
      assert.notInclude(deprecated, name)
    }
  })

  it("declares no attribute that the scrubber would mask", () => {
    assert.deepStrictEqual(attributeNames.filter((name) => isSecretKey(name)), [])
  })

  it("keeps every metric within the budget of series, and durations in seconds", () => {
    for (const metric of Catalogue.metrics) {
      assert.isAtMost(seriesOf(metric), seriesBudget, metric.name)
      if (metric.name.endsWith(".duration")) assert.strictEqual(metric.unit, "s", metric.name)
    }
  })
})

describe("the sources", () => {
  const outside = files.filter(({ path }) =>
    !path.startsWith("infrastructure/telemetry/") && !path.startsWith("testing/")
  )

  it("open spans and declare metrics through the catalogue only", () => {
    assert.isAbove(outside.length, 50)
    const offences = outside.flatMap(({ path, text }) =>
      [...text.matchAll(
        /Effect\.(withSpan|withSpanScoped|makeSpan|makeSpanScoped|useSpan)\(|(?:Stream|Layer)\.(withSpan|span)\(|Effect\.fn\("|Metric\.(counter|gauge|histogram|timer|summary|frequency)/g
      )].map(([found]) => `${path}: ${found}`)
    )
    assert.deepStrictEqual(offences, [])
  })

  it("annotate spans with declared attributes only", () => {
    const offences = outside.flatMap(({ path, text }) =>
      [...text.matchAll(/Effect\.annotateCurrentSpan\(\s*"([^"]+)"/g)]
        .filter(([, key]) => key !== undefined && !attributeNames.includes(key))
        .map(([, key]) => `${path}: ${key}`)
    )
    assert.deepStrictEqual(offences, [])
  })

  it("use no deprecated key", () => {
    const offences = files.flatMap(({ path, text }) =>
      deprecated.filter((key) => text.includes(`"${key}"`)).map((key) => `${path}: ${key}`)
    )
    assert.deepStrictEqual(offences, [])
  })
})

describe("audit", () => {
  it("finds what is recorded and not declared, and what is declared and not recorded", () => {
    const recorded: ReadonlyArray<Audited> = [
      { name: "config.load", attributes: { "strata.config.keys": 1, "made.up": 2, "error.type": "X" }, events: [] },
      { name: "made up", attributes: {}, events: [] },
      { name: "GET /v2/notes", attributes: { "http.route": "/v2/notes" }, events: [] },
      {
        name: "sync.run",
        attributes: {},
        events: [{ name: "log" }, { name: "made up" }]
      }
    ]
    const { names, unknown, unseen } = audit(recorded)
    assert.deepStrictEqual(unknown, ["config.load: made.up", "made up", "sync.run! made up"])
    assert.notInclude(unseen, "config.load")
    assert.notInclude(unseen, "{http.request.method} {http.route}")
    assert.include(unseen, "strata.command")
    assert.lengthOf(names, 4)
  })

  it.effect("takes placeholders into account", () =>
    Effect.gen(function*() {
      const request = define({ name: "{http.request.method} {url.template}", kind: "client", doc: "A request" })
      yield* Effect.void.pipe(
        Span.withSpan(request, {}, { "http.request.method": "GET", "url.template": "/v2/notes/:id" })
      )
      const spans = yield* Effect.flatMap(MemoryTraces.FinishedSpans, ({ all }) => all)
      assert.deepStrictEqual(spans.map(({ name }) => name), ["GET /v2/notes/:id"])
      assert.deepStrictEqual(audit(spans).unknown, [])
    }).pipe(Effect.provide(MemoryTraces.layer)))
})
