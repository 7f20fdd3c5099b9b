/** Draws nonces in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads"
import * as NoncePool from "../../../../src/infrastructure/security/encryption/NoncePool.ts"

const count = Number(workerData)
const drawn = new BigUint64Array(count)
const nonce = new Uint8Array(12)
const view = new DataView(nonce.buffer)
for (let index = 0; index < count; index++) {
  NoncePool.fillNonce(nonce, 0, 12)
  drawn[index] = view.getBigUint64(0)
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
parentPort?.postMessage(drawn)
