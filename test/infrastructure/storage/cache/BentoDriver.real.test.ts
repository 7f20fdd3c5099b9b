/**
 * bentocache's own suite for drivers, over each of our caches. It is written for Japa, of which it uses five functions.
 * In the second tier because it waits for real.
 */
import { registerCacheDriverTestSuite } from "bentocache/test_suite"
import { Effect, Layer, ManagedRuntime } from "effect"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import * as BentoDriver from "./BentoDriver.ts"
import { runIn } from "./KeyvStore.ts"

const adapters = {
  MemoryCache: MemoryCache.layer,
  SqlCache: Layer.unwrapScoped(
    Effect.map(temporaryFolder, (folder) => SqlCache.layer({ filename: join(folder, "cache.db") }))
  )
}

type Hook = () => Promise<unknown>

interface JapaContext {
  readonly assert: typeof assert & { readonly deepEqual: unknown }
  readonly cleanup: (hook: Hook) => void
}

const nothing = () => undefined

const japa = {
  test: (name: string, body: (context: JapaContext) => Promise<void>) => {
    // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- title and assertions are the suite's
    it(name, (context) => body({ assert, cleanup: (hook) => context.onTestFinished(async () => void (await hook())) }))
  },
  group: {
    setup: (hook: () => Promise<Hook>) => beforeAll(() => hook().then((undo) => async () => void (await undo()))),
    tap: nothing,
    each: { teardown: (hook: Hook) => afterEach(async () => void (await hook())) }
  }
}

interface DriverOptions {
  readonly prefix?: string
}

for (const [name, layer] of Object.entries(adapters)) {
  describe(`bentocache over ${name}`, () => {
    const runtime = ManagedRuntime.make(layer)
    afterAll(() => runtime.dispose())
    const suite = {
      ...japa,
      createDriver: ({ prefix = "bentocache" }: DriverOptions = {}) => BentoDriver.make(runIn(runtime), prefix)
    }
    registerCacheDriverTestSuite(suite as never)
  })
}

describe("bentocache's suite", () => {
  it("has 21 cases, of which all run", () => {
    const names: Array<string> = []
    const group = { setup: nothing, tap: nothing, each: { teardown: nothing } }
    registerCacheDriverTestSuite({ group, test: (name: string) => names.push(name) } as never)
    assert.lengthOf(names, 21)
  })
})
