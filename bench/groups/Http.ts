/**
 * Requests over the whole pipeline against what others made, and what it costs to load it.
 */
import { isInstalled, notInstalled } from "../comparison/Installed.ts"
import { judge } from "../Harness.ts"
import type { Result } from "../Harness.ts"
import type { ClientName } from "../http/Clients.ts"
import { networkEntry } from "../http/NetworkEntry.ts"
import { run } from "../http/Run.ts"
import type { Concurrency, Measured } from "../http/Run.ts"
import { columns } from "../Report.ts"

interface Target {
  readonly ours: ClientName
  readonly than: ReadonlyArray<ClientName>
  /** At most so many times the CPU time. */
  readonly atMost: Readonly<Record<Concurrency, number>>
}

const slower = ["fetch", "axios", "got", "ky"] as const

const targets: ReadonlyArray<Target> = [
  { ours: "our pipeline", than: ["undici.request"], atMost: { 64: 4, 1: 2.3 } },
  { ours: "our pipeline, traced", than: ["undici.request"], atMost: { 64: 5.2, 1: 3.2 } },
  { ours: "our pipeline", than: slower, atMost: { 64: 1, 1: 1 } },
  { ours: "our pipeline, traced", than: slower, atMost: { 64: 1, 1: 1 } },
  { ours: "our pipeline", than: ["our transport"], atMost: { 64: 1.15, 1: 1.15 } }
]

const judged = (measured: ReadonlyArray<Measured>): ReadonlyArray<Result> =>
  targets.flatMap(({ atMost, ours, than }) =>
    than.flatMap((peer) =>
      measured.map(({ concurrency, costs }) =>
        judge(
          {
            group: "http",
            name: `${ours}, ${concurrency} at a time`,
            unit: "µs",
            better: "lower",
            target: atMost[concurrency],
            peer: { name: peer }
          },
          costs.get(ours)?.cpu ?? Number.NaN,
          costs.get(peer)?.cpu
        )
      )
    )
  )

const rows = (measured: ReadonlyArray<Measured>) =>
  measured.flatMap(({ concurrency, costs }) =>
    [...costs].map(([client, { cpu, rate }]) => ({
      group: "http",
      client,
      concurrency,
      cpu,
      ratio: cpu / (costs.get("undici.request")?.cpu ?? Number.NaN),
      rate
    }))
  )

const table = (measured: ReadonlyArray<Measured>) =>
  columns([
    ["at a time", "client", "CPU", "ratio to undici", "requests per second"],
    ...rows(measured).map(({ client, concurrency, cpu, rate, ratio }) => [
      String(concurrency),
      client,
      `${cpu.toFixed(0)} µs`,
      ratio.toFixed(2),
      rate.toFixed(0)
    ])
  ])

export const benchmarks = networkEntry

export const notice = isInstalled ? undefined : notInstalled

export const together = async (tell: (what: string) => void, rounds = 5) => {
  const measured = await run(rounds, tell)
  return {
    results: judged(measured),
    table: table(measured),
    lines: rows(measured).map((row) => JSON.stringify(row)).join("\n")
  }
}
