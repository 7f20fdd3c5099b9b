import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Configuration from "../../../../src/infrastructure/config/env/Configuration.ts"
import * as EnvFile from "../../../../src/infrastructure/config/env/EnvFile.ts"
import * as MemorySources from "../../../../src/infrastructure/config/env/MemorySources.ts"
import { docs, example } from "../../../../src/infrastructure/config/env/SettingsPages.ts"
import { settings } from "../../../../src/infrastructure/config/env/Slices.ts"

const committed = (path: string) => readFileSync(join(import.meta.dirname, "../../../..", path), "utf8")

describe("pages written from the declarations", () => {
  it("are the committed ones", () => {
    assert.strictEqual(committed("docs/configuration.md"), docs, "run: strata config docs > docs/configuration.md")
    assert.strictEqual(committed(".env.example"), example, "run: strata config example > .env.example")
  })

  it("name every setting once, each with a description and an example that decodes", () => {
    assert.strictEqual(new Set(settings.map(({ key }) => key)).size, settings.length)
    for (const spec of settings) {
      assert.include(docs, `| \`${spec.key}\` | ${spec.doc}`)
      assert.isTrue(Either.isRight(Schema.decodeUnknownEither(spec.schema)(spec.example)), spec.key)
      for (const text of Object.values(spec.defaults ?? {})) {
        assert.isTrue(Either.isRight(Schema.decodeUnknownEither(spec.schema)(text)), spec.key)
      }
    }
  })

  it.effect("give an example that is a valid development configuration once it is uncommented", () =>
    Effect.gen(function*() {
      const uncommented = example.replaceAll(/^# ([A-Z_]+=)/gm, "$1")
      assert.strictEqual(Either.getOrThrow(EnvFile.parse(uncommented)).size, settings.length - 1)
      const { warnings } = yield* Configuration.load(
        MemorySources.make({ environment: { STRATA_ENV: "development" }, files: { ".env.development": uncommented } })
      )
      assert.deepStrictEqual(warnings, [])
    }))
})
