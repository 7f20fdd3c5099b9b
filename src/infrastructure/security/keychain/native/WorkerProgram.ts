/**
 * What the worker runs. A string, because a worker's program is a file of its own, which no bundler that makes one file
 * of this package would find again. It knows one request at a time: the calls block its thread.
 *
 * `workerData.module` names the package; it is loaded at the first request, from where this package is.
 */
export const workerProgram = `
const { parentPort, workerData } = require("node:worker_threads")
const { createRequire } = require("node:module")
let keyring
const load = () => {
  try {
    return (keyring ??= createRequire(workerData.from)(workerData.module))
  } catch (error) {
    throw Object.assign(new Error("module"), { missing: true })
  }
}
const calls = {
  get: ({ Entry }, { service, account }) => {
    const secret = new Entry(service, account).getSecret()
    return secret === null || secret === undefined ? null : Uint8Array.from(secret)
  },
  set: ({ Entry }, { service, account, value }) => void new Entry(service, account).setSecret(value),
  remove: ({ Entry }, { service, account }) => {
    const entry = new Entry(service, account)
    return entry.deleteCredential()
  },
  list: ({ findCredentials }, { service }) => findCredentials(service).map(({ account }) => account),
  probe: () => true
}
parentPort.on("message", (request) => {
  try {
    parentPort.postMessage({ id: request.id, value: calls[request.call](load(), request) })
  } catch (error) {
    const text = error.missing ? "" : String(error.message)
    parentPort.postMessage({ id: request.id, missing: error.missing === true, failure: text.slice(0, 1000) })
  }
})
`
