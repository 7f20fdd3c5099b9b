import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Option, Redacted } from "effect"
import { mkdirSync, realpathSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as KeyFile from "../../../../src/infrastructure/storage/secure/KeyFile.ts"
import * as OpenVault from "../../../../src/infrastructure/storage/secure/OpenVault.ts"
import * as VaultIdentity from "../../../../src/infrastructure/storage/secure/VaultIdentity.ts"
import * as VaultSecureStore from "../../../../src/infrastructure/storage/secure/VaultSecureStore.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

/** A folder, and a link to it beside it. */
const linked = Effect.gen(function*() {
  const folder = realpathSync(yield* temporaryFolder)
  const real = join(folder, "real")
  const link = join(folder, "link")
  mkdirSync(real, { mode: 0o700 })
  symlinkSync(real, link)
  return { folder, real, link }
})

describe("VaultIdentity", () => {
  it.scoped("is one for all spellings of a path, before its folder is made and after", () =>
    Effect.gen(function*() {
      const { folder, link, real } = yield* linked
      const spellings = [
        join(real, "data", "vault"),
        join(link, "data", "vault"),
        `${folder}/link/../real/./data//vault`
      ]
      const expected = yield* VaultIdentity.of(join(real, "data", "vault"))
      assert.strictEqual(expected.file, join(real, "data", "vault"))
      assert.match(expected.digest, /^[0-9a-f]{16}$/)
      for (const spelling of spellings) assert.deepStrictEqual(yield* VaultIdentity.of(spelling), expected)
      mkdirSync(join(real, "data"))
      for (const spelling of spellings) assert.deepStrictEqual(yield* VaultIdentity.of(spelling), expected)
      assert.notStrictEqual((yield* VaultIdentity.of(join(link, "other"))).digest, expected.digest)
    }))

  it.scoped("no acknowledged write is lost by who reaches the same vault through a link", () =>
    Effect.gen(function*() {
      const { folder, link, real } = yield* linked
      const locks = yield* Layer.build(MemoryProcessLock.layer)
      const open = (home: string) =>
        VaultSecureStore.layer.pipe(
          Layer.provide(OpenVault.layer({ file: join(home, "data", "vault") })),
          Layer.provide(KeyFile.layerLoadOrCreate({ file: join(folder, "key") })),
          Layer.provide([Layer.succeedContext(locks), NodeContext.layer]),
          Layer.build,
          Effect.map((context) => Context.get(context, SecureStore))
        )
      const one = yield* open(real)
      const other = yield* open(link)
      const began = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const slow = yield* Effect.fork(one.modify("a", () =>
        Effect.zipRight(
          Effect.zipRight(Deferred.succeed(began, undefined), Deferred.await(goOn)),
          Effect.succeed([undefined, Option.some(Redacted.make("a"))] as const)
        )))
      yield* Deferred.await(began)
      const quick = yield* Effect.fork(other.set("b", Redacted.make("b")))
      // Whoever need not wait for the lock has long written by then.
      yield* Effect.repeatN(Effect.promise(() => new Promise((resolve) => setImmediate(resolve))), 200)
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(slow)
      yield* Fiber.join(quick)
      assert.deepStrictEqual(yield* one.list, ["a", "b"])
    }))
})
