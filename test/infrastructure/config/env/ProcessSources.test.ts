import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { mkdirSync, symlinkSync, truncateSync } from "node:fs"
import { isAbsolute, join } from "node:path"
import * as ProcessSources from "../../../../src/infrastructure/config/env/ProcessSources.ts"
import { settingsFolder } from "./SettingsFolder.ts"

describe("the sources of the process", () => {
  it.scoped("read files of the folder, and tell absent from unreadable", () =>
    Effect.gen(function*() {
      const folder = yield* settingsFolder({ ".env.local": "A=1", "data/secret": "s", "config": "a file" })
      const { read } = ProcessSources.make({ folder })
      assert.deepStrictEqual(yield* read(".env.local"), Option.some("A=1"))
      assert.deepStrictEqual(yield* read(join(folder, "data/secret")), Option.some("s"))
      assert.deepStrictEqual(yield* read(".env.test"), Option.none())
      assert.deepStrictEqual(yield* read("config/local.json"), Option.none())
      assert.strictEqual((yield* Effect.flip(read("data")))._tag, "FileUnreadable")
    }))

  it.scoped("follow links, as mounted secrets are, and refuse what is larger than 1 MiB", () =>
    Effect.gen(function*() {
      const folder = yield* settingsFolder({ "..data/password": "s", "large": "" })
      symlinkSync("..data/password", join(folder, "password"))
      truncateSync(join(folder, "large"), 1024 * 1024 + 1)
      mkdirSync(join(folder, "empty"))
      const { read } = ProcessSources.make({ folder })
      assert.deepStrictEqual(yield* read("password"), Option.some("s"))
      assert.strictEqual((yield* Effect.flip(read("large"))).path, "large")
    }))

  it("hold the environment as it was, the overrides and the home folder", () => {
    const sources = ProcessSources.make({ overrides: { STRATA_ENV: "test" } })
    assert.deepStrictEqual(sources.overrides, { STRATA_ENV: "test" })
    assert.isString(sources.environment["PATH"])
    assert.isTrue(isAbsolute(sources.home))
  })
})
