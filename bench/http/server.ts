/**
 * The backend of the measurements, in a process of its own: one small answer that nobody may keep. Prints its port.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { body } from "./Answer.ts"

const headers = { "content-type": "application/json", "content-length": body.length, "cache-control": "no-store" }

const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) => response.writeHead(200, headers).end(body))

server.listen(0, "127.0.0.1", () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
