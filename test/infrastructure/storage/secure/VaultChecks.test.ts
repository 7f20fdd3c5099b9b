import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { chmodSync, rmSync, writeFileSync } from "node:fs"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as VaultChecks from "../../../../src/infrastructure/storage/secure/VaultChecks.ts"
import * as VaultFixture from "./VaultFixture.ts"

const prepared = Effect.gen(function*() {
  const fixture = yield* VaultFixture.make
  yield* (yield* fixture.open()).set("canary", Redacted.make("first"))
  const opens = Effect.provideServiceEffect(VaultChecks.opens, SecureStore, fixture.open())
  const keyFile = Effect.provide(VaultChecks.keyFile(fixture.keyFile), NodeContext.layer)
  return { ...fixture, checks: Effect.all([opens, keyFile]) }
})

describe("VaultChecks", () => {
  it.scoped("are ok for a vault that opens", () =>
    Effect.gen(function*() {
      const checks = yield* (yield* prepared).checks
      assert.deepStrictEqual(checks.map(({ status }) => status), ["ok", "ok"])
      assert.strictEqual(checks[0].detail, "opens, 1 entries")
      assert.notInclude(checks.map(({ detail }) => detail).join(), "canary")
    }))

  it.scoped("say how to close an open key file", () =>
    Effect.gen(function*() {
      const { checks, keyFile } = yield* prepared
      chmodSync(keyFile, 0o644)
      for (const check of yield* checks) {
        assert.strictEqual(check.status, "failed")
        assert.include(check.fix ?? "", `chmod 600 "${keyFile}"`)
      }
    }))

  it.scoped("tell a missing key from a wrong one and from a damaged vault", () =>
    Effect.gen(function*() {
      const { checks, keyFile, vaultFile } = yield* prepared
      rmSync(keyFile)
      const [missing, file] = yield* checks
      assert.deepStrictEqual([missing.status, file.status], ["failed", "warning"])
      assert.include(missing.fix ?? "", keyFile)
      writeFileSync(keyFile, Buffer.alloc(32), { mode: 0o600 })
      const [wrong] = yield* checks
      assert.include(wrong.fix ?? "", "the key that the secret store was created with")
      writeFileSync(vaultFile, "rubbish")
      const [damaged] = yield* checks
      assert.include(damaged.fix ?? "", "backup")
    }))
})
