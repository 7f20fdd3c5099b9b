import { assert, describe, it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { render } from "../../../src/infrastructure/telemetry/OperationsPage.ts"

const file = new URL("../../../docs/operations.md", import.meta.url)
const command = "UPDATE_DOCS=1 npx vitest run test/infrastructure/telemetry/OperationsPage.test.ts"

describe("docs/operations.md", () => {
  it("is what the catalogue says", () => {
    const page = render()
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, page)
    assert.isTrue(readFileSync(file, "utf8") === page, `docs/operations.md is stale; run: ${command}`)
  })

  it("describes spans, attributes, events, metrics and labels", () => {
    const page = render([{
      name: "Area",
      spans: [{
        name: "area.work",
        kind: "client",
        doc: "Work",
        attributes: { "strata.a": "An attribute" },
        events: { done: "An event" }
      }],
      metrics: [{
        type: "counter",
        name: "strata.work",
        unit: "{item}",
        doc: "Items | things",
        attributes: { result: { doc: "Outcome", values: ["ok", "failed"] }, kind: { doc: "Kind", atMost: 3 } },
        update: () => undefined
      }]
    }])
    for (
      const line of [
        "## Area",
        "### `area.work` (client)",
        "- `strata.a`: An attribute",
        "- `done`: An event",
        String
          .raw`| \`strata.work\` | counter | \`{item}\` | Items \| things | \`result\` (ok, failed): Outcome; \`kind\` (at most 3 values): Kind |`
          .replaceAll("\\`", "`")
      ]
    ) assert.include(page.split("\n"), line)
  })
})
