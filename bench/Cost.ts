import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { performance } from "node:perf_hooks"

/** CPU time of this process, in µs per operation. `body` runs all of them. */
export const cpuPerOperation = async (operations: number, body: () => Promise<void>): Promise<number> => {
  const before = process.cpuUsage()
  await body()
  const { system, user } = process.cpuUsage(before)
  return (user + system) / operations
}

/** Wall time in µs per operation, for what waits for the disk. `body` runs all of them. */
export const wallPerOperation = async (operations: number, body: () => Promise<void>): Promise<number> => {
  const start = performance.now()
  await body()
  return (performance.now() - start) * 1000 / operations
}

/** What a node program costs from start to end: times in ms, and in MB what it held resident when it ended. */
export const runNode = async (root: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) => {
  const start = performance.now()
  const child = spawn(process.execPath, ["--require", join(root, "bench/reportCpu.cjs"), ...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: { PATH: "", ...env }
  })
  let reported = ""
  let complaints = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  child.stdio[3]?.on("data", (chunk: Buffer) => {
    reported += chunk.toString()
  })
  const [code] = await once(child, "close")
  const wall = performance.now() - start
  if (code !== 0 || reported === "") {
    throw new Error(`node ${args.join(" ")} ended with ${code}: ${complaints}`)
  }
  const { cpu, rss }: Record<string, unknown> = JSON.parse(reported)
  return { cpu: Number(cpu) / 1000, wall, rss: Number(rss) / 1e6 }
}
