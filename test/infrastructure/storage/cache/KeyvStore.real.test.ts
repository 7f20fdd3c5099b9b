/**
 * Keyv's own suite for stores, over each of our caches. Its four cases about `iterator` are not run: `Cache` tells
 * nobody its keys. In the second tier because it stops the clock of the whole process.
 */
import keyvTestSuite, { keyvIteratorTests } from "@keyv/test-suite"
import { Effect, Layer, ManagedRuntime } from "effect"
import { Keyv } from "keyv"
import { join } from "node:path"
import * as vitest from "vitest"
import { afterAll, assert, describe, it } from "vitest"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import * as KeyvStore from "./KeyvStore.ts"

const adapters = {
  MemoryCache: MemoryCache.layer,
  SqlCache: Layer.unwrapScoped(
    Effect.map(temporaryFolder, (folder) => SqlCache.layer({ filename: join(folder, "cache.db") }))
  )
}

/** What a suite hands to the runner. */
const casesOf = (register: (test: typeof vitest) => void) => {
  const names: Array<string> = []
  const collector = { it: (name: string) => names.push(name), beforeEach: () => undefined, afterEach: () => undefined }
  register(collector as unknown as typeof vitest)
  return names
}

for (const [name, layer] of Object.entries(adapters)) {
  describe(`Keyv over ${name}`, () => {
    const runtime = ManagedRuntime.make(layer)
    afterAll(() => runtime.dispose())
    keyvTestSuite(vitest, Keyv, () => KeyvStore.make(KeyvStore.runIn(runtime)))
  })
}

const unused = () => undefined

describe("Keyv's suite", () => {
  it("has 38 cases, of which all run, and 4 about enumeration", () => {
    assert.lengthOf(casesOf((test) => keyvTestSuite(test, Keyv, unused)), 38)
    assert.deepStrictEqual(casesOf((test) => keyvIteratorTests(test, Keyv, unused)), [
      ".iterator() returns an asyncIterator",
      "iterator() iterates over all values",
      "iterator() doesn't yield values from other namespaces",
      "iterator() doesn't yield expired values, and deletes them"
    ])
  })
})
