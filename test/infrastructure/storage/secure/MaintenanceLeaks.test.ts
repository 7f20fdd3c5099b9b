import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Option, Redacted, Stream } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { ExportFor, ExportKey } from "../../../../src/domain/operations/Maintenance.ts"
import * as EnvironmentVaultKey from "../../../../src/infrastructure/storage/secure/EnvironmentVaultKey.ts"
import * as MaintenanceFixture from "./MaintenanceFixture.ts"
import { observed, shown } from "./Observed.ts"

const passphrase = "CANARY-PASSPHRASE-31c8"
const value = "CANARY-VALUE-7f3a"
const name = "CANARY-NAME-91bc"
const setting = "CANARY-SETTING-55de"

const secret = Redacted.make

/** Whether what was given to `encode` could be read out of a text. */
const tellsOf = (text: string, planted: string) =>
  [planted, Buffer.from(planted).toString("base64").slice(0, -4), Buffer.from(planted).toString("hex")]
    .some((form) => text.includes(form))

const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))

describe("looking after secrets", () => {
  it.scoped("tells none of them: in no failure, span, log line or file", () =>
    Effect.gen(function*() {
      const fixture = yield* MaintenanceFixture.make
      const { layer, seen } = observed()
      const { maintenance, store } = yield* fixture.open()
      const wrongSetting = yield* EnvironmentVaultKey.make({ from: { _tag: "Value", value: secret(setting) } })
      const key = { _tag: "Passphrase", passphrase: secret(passphrase) } satisfies ExportKey & ExportFor
      yield* store.set(name, secret(value))

      const attempts = Effect.gen(function*() {
        const added = yield* maintenance.addSlot({ _tag: "RecoveryCode" })
        const code = Redacted.value(Option.getOrThrow(added.recoveryCode))
        yield* maintenance.addSlot(key)
        const file = yield* maintenance.exportAll(key)
        const changed = Uint8Array.from(file)
        changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
        const uses: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
          maintenance.status,
          maintenance.unlock("passphrase", key.passphrase),
          maintenance.unlock("passphrase", secret(`${passphrase}!`)),
          maintenance.unlock("recovery-code", secret(code)),
          maintenance.unlock("recovery-code", secret(`${code}0`)),
          maintenance.importAll(file, key, { replace: true }),
          maintenance.importAll(file, { ...key, passphrase: secret(`${passphrase}!`) }, { replace: true }),
          maintenance.importAll(changed, key, { replace: true }),
          maintenance.importAll(file, { _tag: "Identity", identity: secret(passphrase) }, { replace: true }),
          maintenance.exportAll({ _tag: "Recipient", recipient: "age1nobody" }),
          maintenance.removeSlot(added.slot.id),
          maintenance.removeSlot(0),
          Stream.runDrain(maintenance.rotate("data-key")),
          Stream.runDrain(maintenance.rotate("root-key")),
          maintenance.restorePrevious,
          wrongSetting.load,
          wrongSetting.status
        ]
        const exits = yield* Effect.forEach(uses, Effect.exit)
        return { code, texts: exits.map(shown), failures: exits.filter(Exit.isFailure).length, export: file }
      })
      const result = yield* Effect.provide(attempts, layer)
      assert.isAtLeast(result.failures, 7)
      assert.isAtLeast(seen.length, 20)
      const outputs = [
        ...seen,
        ...result.texts,
        ...filesUnder(fixture.folder),
        Buffer.from(result.export).toString("latin1")
      ]
      for (const planted of [passphrase, value, name, setting, result.code, result.code.replaceAll("-", "")]) {
        for (const output of outputs) assert.isFalse(tellsOf(output, planted), `tells ${planted.slice(0, 12)}`)
      }
    }))
})
