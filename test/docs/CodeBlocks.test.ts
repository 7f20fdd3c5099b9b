import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { Layer } from "effect"
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Ports } from "../../src/domain/Ports.ts"
import { Cache } from "../../src/domain/storage/Cache.ts"
import { Overrides } from "../../src/infrastructure/environments/Overrides.ts"
import { texts } from "../../src/testing/contract/CacheSubject.ts"
import { temporaryFolder } from "../support/temporaryFolder.ts"
import * as CodeBlocks from "./CodeBlocks.ts"

const blocks = CodeBlocks.writeAll("run")
const tests = blocks.filter(({ file }) => file.endsWith(".test.ts"))

describe("code blocks of the documentation", () => {
  it("bring tests of their own, which follow", () => assert.isAbove(tests.length, 3))

  it.scoped("production with one part swapped starts, and keeps no cache on disk", () =>
    Effect.gen(function*() {
      const path = blocks.find(({ file }) => file === "swapped.ts")?.path ?? ""
      const { layer } = (yield* Effect.promise(() => import(path))) as { readonly layer: Layer.Layer<Ports> }
      const folder = yield* temporaryFolder
      const keyFile = join(folder, "key")
      writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 })
      const exit = yield* Effect.gen(function*() {
        const cache = yield* Cache
        yield* cache.set(texts, "a", "1")
        return (yield* cache.stats).entries
      }).pipe(
        Effect.provide(layer),
        Effect.provideService(Overrides, {
          STRATA_HOME: folder,
          STRATA_API_URL: "https://api.example.com",
          STRATA_VAULT_UNLOCK: "key-file",
          STRATA_VAULT_KEY_FILE: keyFile
        }),
        Effect.exit
      )
      assert.deepStrictEqual(exit, Exit.succeed(1))
      assert.isTrue(existsSync(join(folder, "production")), readdirSync(folder).join())
      assert.isFalse(existsSync(join(folder, "production", "cache", "cache.v1.1.db")))
    }))
})

await Promise.all(tests.map(({ path }) => import(path)))
