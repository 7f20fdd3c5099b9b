/**
 * The way to the server, on which some connections do not fare well.
 */
import { Effect } from "effect"
import { connect, createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"

type Fault = "none" | "slow" | "reset" | "cut" | "silent"

/** Of a hundred connections. */
const shares: ReadonlyArray<readonly [Fault, number]> = [["slow", 5], ["reset", 5], ["cut", 5], ["silent", 2]]

const pick = (): Fault => {
  let left = Math.random() * 100
  return shares.find(([, share]) => (left -= share) < 0)?.[0] ?? "none"
}

const between = (client: Socket, server: Socket, fault: Fault) => {
  const limit = Math.random() * 2_000_000
  let passed = 0
  for (const [from, to] of [[client, server], [server, client]] as const) {
    from.on("error", () => to.destroy())
    from.on("close", () => to.destroy())
    from.on("end", () => to.end())
    from.on("data", (chunk: Buffer) => {
      passed += chunk.length
      if (passed > limit && fault === "reset") return void client.resetAndDestroy()
      if (passed > limit && fault === "cut") return void client.end(() => client.destroy())
      if (passed > limit && fault === "silent") return
      if (fault === "slow") {
        from.pause()
        setTimeout(() => from.resume(), 2)
      }
      if (!to.write(chunk)) {
        from.pause()
        to.once("drain", () => from.resume())
      }
    })
  }
}

export const make = (port: number) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly faults: () => Record<string, number>; readonly close: () => void }>(
      (resume) => {
        const counts: Record<string, number> = {}
        const sockets = new Set<Socket>()
        const server = createServer({ allowHalfOpen: true }, (client) => {
          const fault = pick()
          counts[fault] = (counts[fault] ?? 0) + 1
          const target = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
          sockets.add(client).add(target)
          client.on("close", () => sockets.delete(client))
          target.on("close", () => sockets.delete(target))
          between(client, target, fault)
        })
        server.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed({
            url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            faults: () => counts,
            close: () => {
              server.close()
              for (const socket of sockets) socket.destroy()
            }
          })))
      }
    ),
    (way) => Effect.sync(() => way.close())
  )
