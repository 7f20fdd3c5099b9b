/**
 * All clients in one run: each round starts each of them once more, in turn, every second round in reverse.
 */
import { build } from "esbuild"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { isInstalled } from "../comparison/Installed.ts"
import { median } from "../Harness.ts"
import { path } from "./Answer.ts"
import { clientNames, peers } from "./Clients.ts"
import type { ClientName } from "./Clients.ts"

/** How many requests at a time are measured; the counts are long enough for the compiler to have done its work. */
export const loads = [
  { concurrency: 64, warmUp: 6_000, requests: 12_000 },
  { concurrency: 1, warmUp: 3_000, requests: 6_000 }
] as const

export type Concurrency = typeof loads[number]["concurrency"]

export interface Cost {
  /** CPU time of the client's process, in µs per request. */
  readonly cpu: number
  /** Requests per second. */
  readonly rate: number
}

/** Medians over the rounds; a client that is not installed is absent. */
export interface Measured {
  readonly concurrency: Concurrency
  readonly costs: ReadonlyMap<ClientName, Cost>
}

const programs = async () => {
  const outdir = join(process.cwd(), "node_modules/.cache/strata/http")
  await build({
    entryPoints: ["bench/http/measureClient.ts", "bench/http/server.ts"],
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // Else each client would load what all of them import.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning"
  })
  return { client: join(outdir, "measureClient.mjs"), server: join(outdir, "server.mjs") }
}

const serve = async (program: string) => {
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] })
  const [port] = await once(child.stdout, "data")
  return { url: `http://127.0.0.1:${String(port).trim()}${path}`, close: () => void child.kill() }
}

/** What a client logs is read and thrown away, but for the end of it. */
const execute = async (args: ReadonlyArray<string>): Promise<Cost> => {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] })
  let printed = ""
  let complaints = ""
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString()
  })
  child.stderr.on("data", (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2_000)
  })
  const [code] = await once(child, "close")
  if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${code}: ${complaints}`)
  const { cpu, rate }: Record<string, unknown> = JSON.parse(printed)
  return { cpu: Number(cpu), rate: Number(rate) }
}

/** `tell` is told what is being measured. */
export const run = async (rounds: number, tell: (what: string) => void): Promise<ReadonlyArray<Measured>> => {
  const { client, server } = await programs()
  const { close, url } = await serve(server)
  const names = clientNames.filter((name) => isInstalled || !peers.has(name))
  const samples = new Map(
    loads.map((load) => [load, new Map(names.map((name) => [name, [] as Array<Cost>]))] as const)
  )
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [{ concurrency, requests, warmUp }, byName] of samples) {
        for (const [name, costs] of round % 2 === 0 ? byName : [...byName].toReversed()) {
          tell(`http: round ${round + 1} of ${rounds}, ${concurrency} at a time, ${name}`)
          costs.push(await execute([client, name, url, concurrency, warmUp, requests].map(String)))
        }
      }
    }
  } finally {
    close()
  }
  return [...samples].map(([{ concurrency }, byName]) => ({
    concurrency,
    costs: new Map([...byName].map(([name, costs]) => [name, {
      cpu: median(costs.map(({ cpu }) => cpu)),
      rate: median(costs.map(({ rate }) => rate))
    }]))
  }))
}
