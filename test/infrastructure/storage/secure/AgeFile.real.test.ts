import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { installed } from "../../../support/needs.ts"
import * as MaintenanceFixture from "./MaintenanceFixture.ts"

const age = (...args: ReadonlyArray<string>) => execFileSync("age", args, { stdio: ["ignore", "pipe", "pipe"] })

const prepared = Effect.gen(function*() {
  const fixture = yield* MaintenanceFixture.make
  const keyFile = join(fixture.folder, "age-key")
  execFileSync("age-keygen", ["-o", keyFile], { stdio: "ignore" })
  const recipient = /age1\w+/.exec(readFileSync(keyFile, "utf8"))?.[0] ?? ""
  return { ...fixture, ...(yield* fixture.open()), ageKey: keyFile, recipient }
})

const identityOf = (file: string) =>
  ({ _tag: "Identity", identity: Redacted.make(readFileSync(file, "utf8")) }) as const

describe.skipIf(!installed("age", "age-keygen"))("exports and the age program", () => {
  it.scopedLive("age decrypts what is exported for its recipient", () =>
    Effect.gen(function*() {
      const { ageKey, folder, maintenance, recipient, store } = yield* prepared
      yield* store.set("token 🔑", Redacted.make("tok_live_1"))
      yield* store.set("short", Redacted.make("x"), { timeToLive: "1 hour" })
      const file = join(folder, "export.age")
      writeFileSync(file, yield* maintenance.exportAll({ _tag: "Recipient", recipient }))
      const document: unknown = JSON.parse(age("-d", "-i", ageKey, file).toString("utf8"))
      const { entries, ...head } = document as { readonly entries: ReadonlyArray<Record<string, unknown>> }
      assert.deepStrictEqual(head, { format: "strata-secrets", version: 1 } as {})
      assert.deepStrictEqual(entries.map(({ name, value }) => [name, value]), [["short", "x"], [
        "token 🔑",
        "tok_live_1"
      ]])
      assert.match(String(entries[0]?.["expiresAt"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    }))

  for (const armored of [false, true]) {
    it.scopedLive(`imports what age encrypted, ${armored ? "with" : "without"} ASCII armor`, () =>
      Effect.gen(function*() {
        const { ageKey, folder, maintenance, recipient, store } = yield* prepared
        const document = {
          format: "strata-secrets",
          version: 1,
          entries: [
            { name: "token", value: "tok_live_1" },
            { name: "gone", value: "x", expiresAt: "2001-01-01T00:00:00Z" },
            { name: "later", value: "y", expiresAt: "2999-01-01T00:00:00Z" }
          ]
        }
        const [plain, file] = [join(folder, "plain.json"), join(folder, "import.age")]
        writeFileSync(plain, JSON.stringify(document))
        age(...(armored ? ["-a"] : []), "-r", recipient, "-o", file, plain)
        const counts = yield* maintenance.importAll(readFileSync(file), identityOf(ageKey), { replace: false })
        assert.deepStrictEqual(counts, { added: 2, replaced: 0, kept: 0 })
        assert.deepStrictEqual(yield* store.list, ["later", "token"])
        const found = yield* store.get("token")
        assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some("tok_live_1"))
      }))
  }
})
