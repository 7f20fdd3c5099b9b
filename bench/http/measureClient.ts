/**
 * One client in a process of its own: a warm-up, then so many requests, whose cost it prints.
 */
import { isClientName, open } from "./Clients.ts"

const [name, url, concurrency, warmUp, requests] = process.argv.slice(2)
if (!isClientName(name) || url === undefined) throw new Error(`no client ${name}`)

const client = (await open(name))(url)
await client.run(Number(warmUp), Number(concurrency))
const start = process.hrtime.bigint()
const before = process.cpuUsage()
await client.run(Number(requests), Number(concurrency))
const { system, user } = process.cpuUsage(before)
const seconds = Number(process.hrtime.bigint() - start) / 1e9
const cost = { cpu: (user + system) / Number(requests), rate: Number(requests) / seconds }
await client.close?.()
// Connections that a client keeps would keep the process.
process.stdout.write(`${JSON.stringify(cost)}\n`, () => process.exit(0))
