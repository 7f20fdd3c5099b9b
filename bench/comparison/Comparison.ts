/**
 * Every scenario against every cache, as a table.
 */
import { Cause, Effect, Exit } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Contender } from "./Contender.ts"
import * as Bentocache from "./contenders/Bentocache.ts"
import * as CacheManager from "./contenders/CacheManager.ts"
import * as EffectCache from "./contenders/EffectCache.ts"
import * as Keyv from "./contenders/Keyv.ts"
import * as LruCache from "./contenders/LruCache.ts"
import * as PersistedCache from "./contenders/PersistedCache.ts"
import * as Strata from "./contenders/Strata.ts"
import { isInstalled } from "./Installed.ts"
import { patience, scenarios } from "./Scenarios.ts"
import type { Scenario, Verdict } from "./Scenarios.ts"

const contenders: ReadonlyArray<Contender> = [
  Strata.contender,
  EffectCache.contender,
  PersistedCache.contender,
  LruCache.contender,
  ...(isInstalled ? [Bentocache.contender, CacheManager.contender, Keyv.contender] : [])
]

export interface Row {
  readonly scenario: string
  readonly contender: string
  readonly verdict: Verdict
}

/** The name of what a peer failed with. */
const words = (cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  const origin = error instanceof Error && error.cause !== undefined ? error.cause : error
  return origin instanceof Error ? origin.name : String(origin)
}

const runOne = async (contender: Contender, scenario: Scenario): Promise<Row> => {
  const folder = mkdtempSync(join(tmpdir(), "strata-peers-"))
  const exit = await Effect.runPromiseExit(
    Effect.timeoutFail(Effect.disconnect(scenario.run(contender, folder)), {
      duration: patience,
      onTimeout: () => "hangs"
    })
  )
  rmSync(folder, { recursive: true, force: true })
  const verdict: Verdict = Exit.isSuccess(exit) ? exit.value : { _tag: "Fails", how: words(exit.cause) }
  return { scenario: scenario.name, contender: contender.name, verdict }
}

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const scenario of scenarios) {
    for (const contender of contenders) rows.push(await runOne(contender, scenario))
  }
  return rows
}

const cell = (verdict: Verdict | undefined) => {
  switch (verdict?._tag) {
    case "Passes":
      return "passes"
    case "Fails":
      return `**fails**: ${verdict.how}`
    case "DoesNotApply":
      return verdict.because
    case undefined:
      return ""
  }
}

const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`

/** In Markdown, as docs/performance.md has it. */
export const table = (rows: ReadonlyArray<Row>): string => {
  const names = contenders.map(({ name }) => name)
  return [
    line(["", ...names]),
    line(["", ...names].map(() => "---")),
    ...scenarios.map(({ name }) =>
      line([
        name,
        ...names.map((contender) =>
          cell(rows.find((row) => row.scenario === name && row.contender === contender)?.verdict)
        )
      ])
    )
  ].join("\n")
}
