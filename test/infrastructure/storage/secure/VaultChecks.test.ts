import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { rmSync, writeFileSync } from "node:fs"
import { Maintenance } from "../../../../src/domain/operations/Maintenance.ts"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as VaultChecks from "../../../../src/infrastructure/storage/secure/VaultChecks.ts"
import * as MaintenanceFixture from "./MaintenanceFixture.ts"
import { replaceFile } from "./replaceFile.ts"

const prepared = Effect.gen(function*() {
  const fixture = yield* MaintenanceFixture.make
  const { store } = yield* fixture.open([fixture.inFile])
  yield* store.set("canary", Redacted.make("first"))
  /** As a program that starts now sees it. */
  const checks = Effect.flatMap(
    fixture.open([fixture.inFile]),
    (opened) =>
      Effect.all([VaultChecks.opens, VaultChecks.slots]).pipe(
        Effect.provide(Layer.merge(
          Layer.succeed(SecureStore, opened.store),
          Layer.succeed(Maintenance, opened.maintenance)
        ))
      )
  )
  return { ...fixture, checks }
})

describe("VaultChecks", () => {
  it.scoped("are ok for a vault that opens and can be opened in two ways", () =>
    Effect.gen(function*() {
      const { checks, inFile, keyFile, open } = yield* prepared
      yield* (yield* open([inFile])).maintenance.addSlot({ _tag: "RecoveryCode" })
      const found = yield* checks
      assert.deepStrictEqual(found.map(({ status }) => status), ["ok", "ok"])
      assert.strictEqual(found[0].detail, "opens, 1 entries")
      assert.strictEqual(found[1].detail, `key-file; recovery-code; key from key-file (${keyFile})`)
      assert.notInclude(found.map(({ detail }) => detail).join(), "canary")
    }))

  it.scoped("warn when there is one way in only", () =>
    Effect.gen(function*() {
      const [, slots] = yield* (yield* prepared).checks
      assert.strictEqual(slots.status, "warning")
      assert.include(slots.fix ?? "", "recovery code")
    }))

  it.scoped("tell a missing key from a wrong one and from a damaged vault", () =>
    Effect.gen(function*() {
      const { checks, file, keyFile } = yield* prepared
      rmSync(keyFile)
      const [missing] = yield* checks
      assert.strictEqual(missing.status, "failed")
      assert.include(missing.fix ?? "", keyFile)
      writeFileSync(keyFile, Buffer.alloc(32), { mode: 0o600 })
      const [wrong] = yield* checks
      assert.include(wrong.fix ?? "", "the key that the secret store was created with")
      replaceFile(file, "rubbish")
      const damaged = yield* checks
      for (const check of damaged) {
        assert.strictEqual(check.status, "failed")
        assert.include(check.fix ?? "", "previous generation")
        assert.include(check.fix ?? "", "strata secrets restore")
      }
    }))
})
