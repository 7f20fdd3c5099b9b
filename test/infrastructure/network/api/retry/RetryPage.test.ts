import { assert, describe, it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { rows } from "../../../../../src/infrastructure/network/api/retry/RetryTable.ts"
import type { Repeated, Row } from "../../../../../src/infrastructure/network/api/retry/RetryTable.ts"

const file = new URL("../../../../../docs/ports/Retry.md", import.meta.url)
const command = "UPDATE_DOCS=1 npx vitest run test/infrastructure/network/api/retry/RetryPage.test.ts"
const generated = /(?<=<!-- table -->\n)[^]*(?=\n<!-- \/table -->)/

/** Methods that are idempotent; others without a key; others with one. */
const columns: Readonly<Record<Repeated, readonly [string, string, string]>> = {
  always: ["yes", "yes", "yes"],
  repeatable: ["yes", "no", "yes"],
  "repeatable or unprocessed": ["yes", "`unprocessedOn503` only", "yes"],
  "with key": ["with a key", "no", "yes"],
  never: ["no", "no", "no"]
}

const bases: Readonly<Record<Row["base"], string>> = {
  base: "`base`",
  throttledBase: "`throttledBase`",
  "throttledBase with Retry-After": "`base`; with `Retry-After`: `throttledBase`"
}

const line = ({ base, cost, failure, repeated, statuses = [] }: Row) => {
  const what = [statuses.join(", "), failure].filter((part) => part !== "").join(" ")
  const [idempotent, without, withKey] = columns[repeated]
  const price = repeated === "never" ? ["", ""] : [bases[base], String(cost)]
  return `| ${[what, idempotent, without, withKey, ...price].join(" | ")} |`
}

const table = () =>
  [
    "| failure | GET, HEAD, OPTIONS, TRACE, QUERY, PUT, DELETE | POST, PATCH | with `Idempotency-Key` | backoff from | costs |",
    "|---|---|---|---|---|---|",
    ...rows.map(line)
  ].join("\n")

describe("docs/ports/Retry.md", () => {
  it("has the table that the loop reads", () => {
    if (process.env["UPDATE_DOCS"] === "1") {
      writeFileSync(file, readFileSync(file, "utf8").replace(generated, () => table()))
    }
    const [written] = generated.exec(readFileSync(file, "utf8")) ?? []
    assert.isTrue(written === table(), `docs/ports/Retry.md is stale; run: ${command}`)
  })
})
