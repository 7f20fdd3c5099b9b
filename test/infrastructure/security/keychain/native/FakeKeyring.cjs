// Stands for @napi-rs/keyring in a worker: the same calls, and accounts that make it misbehave.
const items = new Map()
const key = (service, account) => JSON.stringify([service, account])

const misbehave = (account) => {
  if (account === "hang") { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) }
  if (account === "crash") process.exit(3)
  if (account.startsWith("error ")) throw new Error(account.slice(6))
}

class Entry {
  constructor(service, account) {
    misbehave(account)
    this.key = key(service, account)
  }
  getSecret() {
    return items.has(this.key) ? Array.from(items.get(this.key)) : null
  }
  setSecret(secret) {
    items.set(this.key, Uint8Array.from(secret))
  }
  deleteCredential() {
    return items.delete(this.key)
  }
}

const findCredentials = (service) =>
  Array.from(items, ([name, secret]) => ({ name: JSON.parse(name), secret }))
    .filter(({ name }) => name[0] === service)
    .map(({ name, secret }) => ({ account: name[1], password: String(secret) }))

module.exports = { Entry, findCredentials }
